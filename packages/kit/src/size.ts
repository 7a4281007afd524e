const UNITS = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] as const;
const STEP = 1024;

/** Bytes of a size such as `7GiB`; undefined for a text that is none: a positive integer and a unit, KiB to EiB. */
export function parseSize(text: string): number | undefined {
  const [, count, unit] = /^([1-9]\d*)([KMGTPE]iB)$/.exec(text) ?? [];
  const power = UNITS.findIndex((name) => name === unit);
  return count === undefined || power < 0 ? undefined : Number(count) * STEP ** (power + 1);
}

/** Bytes as a person reads them, such as `6.5 GiB`: one decimal, never more than there is. */
export function formatSize(bytes: number): string {
  const power = Math.min(Math.max(1, Math.floor(Math.log2(Math.max(bytes, 1)) / 10)), UNITS.length);
  const tenths = Math.floor((bytes / STEP ** power) * 10);
  return `${tenths / 10} ${UNITS[power - 1] ?? ""}`;
}

const UNITS = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] as const;
const STEP = 1024;

/** Parses a size such as `7GiB` into bytes: a positive integer and a unit from KiB to EiB. Undefined for other text. */
export function parseSize(text: string): number | undefined {
  const [, count, unit] = /^([1-9]\d*)([KMGTPE]iB)$/.exec(text) ?? [];
  const power = UNITS.findIndex((name) => name === unit);
  return count === undefined || power < 0 ? undefined : Number(count) * STEP ** (power + 1);
}

/** Formats bytes, such as `6.5 GiB`: one decimal, rounded down. */
export function formatSize(bytes: number): string {
  const power = Math.min(Math.max(1, Math.floor(Math.log2(Math.max(bytes, 1)) / 10)), UNITS.length);
  const tenths = Math.floor((bytes / STEP ** power) * 10);
  return `${tenths / 10} ${UNITS[power - 1] ?? ""}`;
}

/** A scale set that the unit has made, as GitHub had it last. */
export interface KnownScaleSet {
  readonly id: number;
  /** Address of the path that it is in, such as `https://github.com/octo`, in lower case. */
  readonly scope: string;
  readonly name: string;
  readonly groupId: number;
  readonly labels: readonly string[];
  /** When another one took its place, in milliseconds since the Unix epoch; undefined for the present one. */
  readonly leftAt?: number | undefined;
}

/** Keeps the scale sets of a unit for the next process: GitHub lists none whose name is not known. */
export interface ScaleSetLedger {
  read(): Promise<readonly KnownScaleSet[] | null>;
  write(sets: readonly KnownScaleSet[] | null): Promise<void>;
}

/** The ledger with the present scale set: all others, those of other paths too, are former ones from now on. Pure. */
export function withPresent(
  sets: readonly KnownScaleSet[],
  present: KnownScaleSet,
  now: number,
): readonly KnownScaleSet[] {
  const others = sets
    .filter(({ id, scope }) => id !== present.id || scope !== present.scope)
    // A time in the future is from before the clock was set back, and would keep the set for too long.
    .map((set) => ({ ...set, leftAt: Math.min(set.leftAt ?? now, now) }));
  return [...others, { ...present, leftAt: undefined }];
}

/** GitHub cancels a job that has waited for a day. */
const LONGEST_WAIT_MS = 24 * 60 * 60_000;

/** When no job can wait any more that a former scale set was assigned, in milliseconds since the Unix epoch. Pure. */
export function waitsUntil({ leftAt }: Pick<KnownScaleSet, "leftAt">): number {
  return leftAt === undefined ? Infinity : leftAt + LONGEST_WAIT_MS;
}

/** The path of a ledger's scale sets, as its address. Pure. */
export function ledgerScope(githubUrl: string, path: string): string {
  return `${githubUrl}/${path}`.toLowerCase();
}

/** @returns null for anything else than a ledger. */
export function parseLedger(stored: unknown): readonly KnownScaleSet[] | null {
  if (!Array.isArray(stored)) return null;
  return (stored as readonly unknown[]).filter(isKnownScaleSet);
}

function isKnownScaleSet(stored: unknown): stored is KnownScaleSet {
  const { id, scope, name, groupId, labels, leftAt } = Object(stored) as Readonly<Record<string, unknown>>;
  return (
    [id, groupId].every(Number.isSafeInteger) &&
    [scope, name].every((text) => typeof text === "string") &&
    Array.isArray(labels) &&
    labels.every((label) => typeof label === "string") &&
    (leftAt === undefined || typeof leftAt === "number")
  );
}

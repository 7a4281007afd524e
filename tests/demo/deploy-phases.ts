import type { TimeRow } from "./time-table.ts";

/** A status that the unit showed, and when, in milliseconds of the clock of the others. */
export interface StatusMark {
  readonly atMs: number;
  readonly message: string;
}

const UNPACKED = "charm unpacked, GitHub asked, host made ready";
const REST = "everything else";

/** The phase of a deployment that a status begins; the first that matches. */
const PHASES: readonly (readonly [RegExp, string])[] = [
  [/^Building the runner image: (?!making the template)/, "runner image built"],
  [/^Building the runner image/, "template started once and cleaned"],
  [/^Starting runners/, "runners cloned, started and registered"],
  [/^(Ready to start runners|\d+ runners?)/, REST],
];

/** Sums up how long each phase of a deployment took, in the order of a first deployment. Pure. */
export function deployPhases(marks: readonly StatusMark[], startMs: number, endMs: number): TimeRow[] {
  const sums = new Map([UNPACKED, ...PHASES.map(([, name]) => name)].map((name) => [name, 0]));
  let phase = UNPACKED;
  let sinceMs = startMs;
  for (const { atMs, message } of [...marks, { atMs: endMs, message: "" }]) {
    sums.set(phase, (sums.get(phase) ?? 0) + atMs - sinceMs);
    sinceMs = atMs;
    phase = PHASES.find(([pattern]) => pattern.test(message))?.[1] ?? phase;
  }
  return [...sums].filter(([, ms]) => ms > 0).map(([name, ms]) => ({ phase: name, ms, part: true }));
}

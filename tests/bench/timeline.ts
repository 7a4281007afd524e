/** Something that happened in one run. */
export interface Mark {
  readonly what: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

/** A part of a run, named by what it ends with. */
export interface Phase {
  readonly label: string;
  /** Milliseconds since the start of the run when it first and last happened; undefined where it did not happen. */
  readonly first: number | undefined;
  readonly last: number | undefined;
}

/** Says when each kind of mark was first and last seen in a run that began at `start`. */
export function phasesOf(labels: readonly string[], marks: readonly Mark[], start: number): readonly Phase[] {
  return labels.map((label) => {
    const instants = marks.filter(({ what }) => what === label).map(({ at }) => at - start);
    const seen = instants.length > 0;
    return {
      label,
      first: seen ? Math.min(...instants) : undefined,
      last: seen ? Math.max(...instants) : undefined,
    };
  });
}

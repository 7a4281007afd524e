import { ConditionError } from "charm-kit";

/** The unit cannot create what it needs first, on a member of an LXD cluster that is evacuated. */
export class MemberEvacuatedError extends ConditionError {
  readonly code = "member-evacuated";
  readonly remedy = "outside";

  constructor(member: string) {
    super(`Cannot build the runner image: ${describeEvacuation(member, 0)}`);
  }
}

/**
 * What an evacuation means for the unit, for its status. Pure.
 *
 * @param jobs number of jobs that run on its runners.
 */
export function describeEvacuation(member: string, jobs: number): string {
  const running = jobs === 1 ? "1 job runs to its end, and" : `${jobs} jobs run to their ends, and`;
  const then = `runners are created again once it is restored (lxc cluster restore ${member})`;
  return `LXD cluster member ${member} is evacuated: ${jobs === 0 ? "" : `${running} `}${then}`;
}

import type { LifeMoment } from "../runners/ports.ts";
import type { RunnerTrace } from "./runner-trace.ts";

/** What a runner's guest may have said when the unit asked it, and its job was still there. */
const ALIVE: readonly (string | undefined)[] = [undefined, "waiting", "job-started-hook", "job"];

/**
 * Of the runners that are gone, those whose job the unit itself has ended: they had begun one, did not tell its end, and
 * the unit decided to remove them while their application ran. Pure. A runner that had ended by itself is none of them, nor
 * is one that a person's request took away with its job. That a job had begun is the guest's word.
 */
export function killedJobs(
  traces: readonly RunnerTrace[],
  lives: readonly LifeMoment[],
): readonly RunnerTrace[] {
  return traces.filter(({ name, preJob, postJob }) => {
    if (!preJob || postJob) return false;
    const life = lives.filter(({ runner }) => runner === name);
    const has = (event: LifeMoment["event"]) => life.some((moment) => moment.event === event);
    const decision = life.findLast((moment) => moment.event === "decided");
    return decision !== undefined && ALIVE.includes(decision.activity) && has("removing") && !has("found");
  });
}

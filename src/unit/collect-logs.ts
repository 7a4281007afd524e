import type { Machine, Machines, RunnerLogs } from "../runners/ports.ts";
import { ConditionError, messageOf } from "charm-kit";

/** Most characters of a name that a message repeats. */
const LONGEST_NAME = 80;

/** A person names a runner that the unit does not have. */
export class RunnerUnknownError extends ConditionError {
  readonly code = "runner-unknown";
  readonly remedy = "retry";

  /** @param action what was to be done, as it reads between "Cannot" and the name. */
  constructor(name: string, known: readonly string[], action = "collect the logs of") {
    const have = known.length > 0 ? `; it has ${known.join(", ")}` : ", nor any other";
    const shown = JSON.stringify(name.slice(0, LONGEST_NAME));
    super(`Cannot ${action} ${shown}: this unit has no such runner${have}`);
  }
}

/** Services that logs are collected with. */
export interface LogSources {
  readonly machines: Pick<Machines, "list">;
  readonly logs: Pick<RunnerLogs, "pull">;
  /** Directory of the logs of all runners. */
  readonly directory: string;
  /** Tells what is being done. */
  readonly step: (message: string) => void;
}

/**
 * Copies the logs of one runner, or of all that run, to the host. One that cannot be inspected is reported and stops no
 * other; only where nothing could be copied is it an error.
 *
 * @returns the directory that holds them.
 * @throws {@link RunnerUnknownError}, and what went wrong with the first where all went wrong.
 */
export async function collectLogs(
  runner: string | undefined,
  sources: LogSources,
  signal: AbortSignal,
): Promise<string> {
  const { machines, logs, directory, step } = sources;
  const chosen = choose((await machines.list(signal)).runners, runner);
  if (chosen.length === 0) step("No runner is running; the directory has the logs of those that crashed");
  const failures: unknown[] = [];
  let path = directory;
  for (const name of chosen) {
    step(`Copying the logs of ${name}`);
    try {
      path = await logs.pull(name, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      failures.push(thrown);
      step(`No logs of ${name}: ${messageOf(thrown)}`);
    }
  }
  if (failures.length > 0 && failures.length === chosen.length) throw failures[0];
  return runner === undefined ? directory : path;
}

function choose(machines: readonly Machine[], runner: string | undefined): readonly string[] {
  const names = machines.map(({ name }) => name).sort();
  if (runner === undefined) return names.filter((name) => isRunning(machines, name));
  if (!names.includes(runner)) throw new RunnerUnknownError(runner, names);
  return [runner];
}

function isRunning(machines: readonly Machine[], wanted: string): boolean {
  return machines.some(({ name, state }) => name === wanted && state === "running");
}

import type { Machine, Registration } from "./ports.ts";

/** A runner as LXD and GitHub list it: an instance, and its registration if there is one. */
export interface ObservedRunner {
  readonly machine: Machine;
  readonly registration: Registration | undefined;
}

/** Joins the two lists by name. Orphans are registrations without an instance. */
export function joinRunners(
  machines: readonly Machine[],
  registrations: readonly Registration[],
): { runners: ObservedRunner[]; orphans: Registration[] } {
  const byName = new Map(registrations.map((registration) => [registration.name, registration]));
  const runners = machines.map((machine) => ({ machine, registration: byName.get(machine.name) }));
  const names = new Set(machines.map((machine) => machine.name));
  return { runners, orphans: registrations.filter(({ name }) => !names.has(name)) };
}

/** Numbers of runners, as in `check-runners` and the status. */
export interface RunnerCounts {
  /** Idle and waiting for a job. */
  readonly online: number;
  readonly busy: number;
  /** Registered and not connected; includes runners that are starting. */
  readonly offline: number;
  /** Instances that GitHub does not list, or whose entry cannot be read. */
  readonly unknown: number;
  readonly names: readonly string[];
  readonly busyNames: readonly string[];
  /** Instances that wait to become a runner; no other number counts them. */
  readonly standby: number;
}

/**
 * Counts live instances by their state on GitHub.
 *
 * @param standby number of live standby instances.
 */
export function countRunners(runners: readonly ObservedRunner[], standby: number): RunnerCounts {
  const live = liveOf(runners);
  const of = (test: (runner: ObservedRunner) => boolean) => live.filter(test).length;
  const busy = live.filter(({ registration }) => registration?.busy === true && !registration.isUnreadable);
  return {
    online: of(({ registration }) => registration?.online === true && !registration.busy),
    busy: busy.length,
    offline: of(
      ({ registration }) => registration !== undefined && !registration.online && !registration.busy,
    ),
    unknown: of(({ registration }) => registration === undefined || registration.isUnreadable === true),
    names: live.map(({ machine }) => machine.name).sort(),
    busyNames: busy.map(({ machine }) => machine.name).sort(),
    standby,
  };
}

/** What one runner does, as GitHub lists it; the words are those of {@link RunnerCounts}. */
export interface RunnerState {
  readonly name: string;
  readonly state: "online" | "busy" | "offline" | "unknown";
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
}

/** The state of each runner, by name. Pure. */
export function runnerStates(runners: readonly ObservedRunner[]): readonly RunnerState[] {
  return liveOf(runners)
    .map(({ machine: { name, createdAt }, registration }) => ({
      name,
      createdAt,
      state: stateOf(registration),
    }))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

function stateOf(registration: Registration | undefined): RunnerState["state"] {
  if (registration === undefined || registration.isUnreadable) return "unknown";
  if (registration.busy) return "busy";
  return registration.online ? "online" : "offline";
}

function liveOf(runners: readonly ObservedRunner[]): readonly ObservedRunner[] {
  return runners.filter(({ machine }) => machine.state === "running" || machine.state === "frozen");
}

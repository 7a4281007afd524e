import type { FakeProcess } from "../fake-process.ts";
import type { FakeSite } from "../fake-site.ts";
import { options } from "../fake-process.ts";
import type { PortVerb } from "../port-calls.ts";
import { isOfLxd, type Dispatch, type Disturbance } from "./command.ts";
import { happen } from "./happen.ts";

/** A dispatch that is to be disturbed. */
export interface Disturbed {
  readonly dispatch: Dispatch;
  /** Where the unit registers its runners at that time. */
  readonly scope: string;
  /** Called at every call, before its effect and after it. */
  readonly check: () => void;
  /** A job of the unit is queued. */
  readonly queue: () => void;
  /** Called before the effect of every call. */
  readonly onCall?: (call: number, verb: PortVerb) => void;
}

const RESTART_CALLS = 4;

/** Prepares a process for what is to happen to its dispatch, and returns the signal of the dispatch. */
export function disturb(
  process: FakeProcess,
  site: FakeSite,
  { dispatch, scope, check, queue, onCall }: Disturbed,
): AbortSignal {
  const { disturbances = [], kill } = dispatch;
  const controller = new AbortController();
  const { calls } = process;
  if (kill && kill.moment !== "abort") calls.killAt(kill.call, kill.moment);
  const before = site.registeredAt(scope);
  let lists = 0;
  calls.atEveryCall((call, verb) => {
    check();
    onCall?.(call, verb);
    if (kill?.moment === "abort" && kill.call === call) controller.abort(new Error("the unit is stopping"));
    if (verb === "forge.list") lists += 1;
    for (const { what } of disturbances.filter((each) => each.call === call)) {
      // Later lists of a dispatch are read while a runner is frozen, or after all is done.
      if (what === "stale" && verb === "forge.list" && lists === 1) calls.staleNext("forge.list", before);
      if (what === "queue") queue();
      act(site, what, scope);
    }
    if (fails(disturbances, call, verb)) throw new Error("no answer");
  });
  calls.afterEveryCall((call) => {
    check();
    if (disturbances.some((each) => each.what === "lost" && each.call === call)) {
      throw new Error("the answer was lost");
    }
  });
  return controller.signal;
}

function fails(disturbances: readonly Disturbance[], call: number, verb: PortVerb): boolean {
  return disturbances.some(
    (each) =>
      (each.what === "fail" && each.call === call) ||
      (each.what === "restart" && isOfLxd(verb) && call >= each.call && call < each.call + RESTART_CALLS),
  );
}

/** Lets something happen to the first runner that it can happen to. */
function act(site: FakeSite, what: Disturbance["what"], scope: string): void {
  const own = [...site.machines.values()].filter(({ name }) => options.names.owns(name));
  // Where GitHub cannot be asked, nothing protects a job that begins while its runner is taken away.
  const idle = own.find(
    (machine) => !site.hasJob(machine.name) && machine.scopeKey === scope && isOnline(site, machine.name),
  );
  const busy = own.find(({ name }) => site.hasJob(name));
  if (what === "job" && idle) happen(site, "job", idle.name);
  if (what === "finish" && busy) happen(site, "vanish", busy.name);
  const jobless = own.find(({ name }) => !site.hasJob(name));
  if (what === "lose" && jobless) happen(site, "lose", jobless.name);
}

function isOnline(site: FakeSite, name: string): boolean {
  return site.registrationOf(name)?.online === true && site.machines.get(name)?.state === "running";
}

import fc from "fast-check";
import type { ScaleSetFault } from "../fake-scale-set.ts";
import type { PortVerb } from "../port-calls.ts";

/** What happens at one call that a dispatch makes to its ports; calls are numbered from 1. */
export interface Disturbance {
  readonly call: number;
  /**
   * `fail`: the call fails and has no effect. `lost`: it has its effect, and its answer is lost. `job`: GitHub gives a job
   * to an idle runner just before it. `finish`: a job ends. `stale`: if it is GitHub's first list, it shows what was true
   * before the last command. `restart`: LXD does not answer for four calls. `lose`: LXD loses an instance without a job.
   * `queue`: a job is queued.
   */
  readonly what: "fail" | "lost" | "job" | "finish" | "stale" | "restart" | "lose" | "queue";
}

/** How a dispatch ends before its time: it is killed before or after the effect of a call, or aborted. */
export interface Kill {
  readonly call: number;
  readonly moment: "before" | "after" | "abort";
}

/** What a dispatch does, and what happens to it. */
export interface Dispatch {
  readonly do: "reconcile" | "flush-idle" | "standby";
  readonly disturbances?: readonly Disturbance[];
  readonly kill?: Kill;
  /** Exit codes with which the next applications end before they listen. */
  readonly endings?: readonly number[];
  /** Calls of a reconcile that are reasons to plan again, where it creates runners by then. @default none */
  readonly replans?: readonly number[];
}

/** What happens to one runner, chosen by its number in the order of names. */
export interface Happening {
  /**
   * `job` and `finish` begin and end a job, `vanish` does so and LXD deletes the instance by itself. `crash`: the instance
   * stops, whatever it does. `ghost`: GitHub loses the registration and the application lives on. `drop`: the same, and
   * the application ends. `requeue`: a runner loses its job, which waits again, and the application ends. `deny`: GitHub lists a busy runner as idle for minutes, and would delete it. `disconnect` and `connect` change what GitHub sees. `lose`: LXD loses the instance. `freeze`: as
   * a killed retirement leaves it. `error`: LXD cannot tell the instance's state. `stop-standby` and `lose-standby`: a
   * standby instance ends, and LXD keeps it or not.
   */
  readonly do:
    | "job"
    | "finish"
    | "vanish"
    | "crash"
    | "ghost"
    | "drop"
    | "requeue"
    | "deny"
    | "disconnect"
    | "connect"
    | "lose"
    | "freeze"
    | "error"
    | "stop-standby"
    | "lose-standby";
  readonly runner: number;
}

/** A change of what the unit is told. */
export interface Configure {
  readonly do: "configure";
  readonly count?: number;
  /** Number of standby instances. */
  readonly standby?: number;
  /** Most runners in place of lost ones of other units. */
  readonly replacements?: number;
  readonly configHash?: string;
  readonly scope?: string;
  /** Scaling on demand with so many idle runners; `null`: a fixed number of runners. */
  readonly idle?: number | null;
}

/** What happens at GitHub to the unit's scale set, and to the service that listens to it. */
export type DemandCommand =
  /** Jobs for the unit are queued, or cancelled while no runner has them. */
  | { readonly do: "queue" | "cancel"; readonly jobs: number }
  | { readonly do: "fail-messages"; readonly fault: ScaleSetFault }
  /** From now on, GitHub counts so many jobs that do not exist, and so many too few. */
  | { readonly do: "miscount"; readonly phantom?: number; readonly hidden?: number }
  /** `kill`: the service is killed, and started again. `stop`: it ends, and nobody starts it until `start`. */
  | { readonly do: "service"; readonly what: "kill" | "stop" | "start" };

/**
 * A hook and the runner service at the same time: the other one begins at a call of the first one, or at its end. The
 * service knows the settings from before the hook.
 */
export interface Together {
  readonly do: "together";
  readonly first: "hook" | "service";
  /** The call of the first one at which the other one begins. */
  readonly at: number;
  readonly hook: Dispatch;
  readonly service: Dispatch;
  /** Most runners that the service creates. @default as many as are missing */
  readonly most?: number;
  /** Settings that the hook writes when it begins. @default the same ones */
  readonly configure?: Configure;
}

/** One event of a history. */
export type Command =
  | Dispatch
  | Together
  | Happening
  | Configure
  | DemandCommand
  /** A scope refuses the unit's credentials from now on; it lists its runners, and registers none; or registers them again. */
  | { readonly do: "refuse" | "bar" | "unbar"; readonly scope: string }
  | { readonly do: "reboot" }
  /** So many instances of another unit are on members of the LXD cluster that are off; with 0, all members are back. */
  | { readonly do: "members"; readonly lost: number }
  | { readonly do: "wait"; readonly minutes: number };

/** Verbs of LXD, which does not answer while it restarts. */
export function isOfLxd(verb: PortVerb): boolean {
  return verb.startsWith("machines.");
}

const CONFIG_HASHES = ["hash-1", "hash-2"];
export const SCOPES = ["scope-1", "scope-2"];

const anyCall = fc.integer({ min: 1, max: 40 });

const anyDispatch: fc.Arbitrary<Dispatch> = fc.record(
  {
    do: fc.constantFrom(
      "reconcile" as const,
      "reconcile" as const,
      "reconcile" as const,
      "flush-idle" as const,
      "standby" as const,
    ),
    disturbances: fc.array(
      fc.record({
        call: anyCall,
        what: fc.constantFrom("fail", "lost", "job", "job", "finish", "stale", "restart", "lose", "queue"),
      } as const),
      { minLength: 1, maxLength: 3 },
    ),
    kill: fc.record({ call: anyCall, moment: fc.constantFrom("before", "after", "abort") } as const),
    endings: fc.array(fc.constantFrom(1, 7), { minLength: 1, maxLength: 2 }),
    replans: fc.array(anyCall, { minLength: 1, maxLength: 4 }),
  },
  { requiredKeys: ["do"] },
);

const anyHappening: fc.Arbitrary<Happening> = fc.record({
  do: fc.constantFrom(
    "job",
    "job",
    "job",
    "finish",
    "vanish",
    "crash",
    "ghost",
    "drop",
    "requeue",
    "deny",
    "disconnect",
    "connect",
    "lose",
    "freeze",
    "error",
    "stop-standby",
    "lose-standby",
  ),
  runner: fc.nat(4),
} as const);

const anyConfigure: fc.Arbitrary<Configure> = fc.record(
  {
    do: fc.constant("configure" as const),
    count: fc.nat(4),
    standby: fc.nat(2),
    replacements: fc.nat(2),
    configHash: fc.constantFrom(...CONFIG_HASHES),
    scope: fc.constantFrom(...SCOPES),
    idle: fc.constantFrom(null, 0, 1),
  },
  { requiredKeys: ["do"] },
);

const anyTogether: fc.Arbitrary<Together> = fc.record(
  {
    do: fc.constant("together" as const),
    first: fc.constantFrom("hook" as const, "service" as const),
    at: fc.integer({ min: 1, max: 30 }),
    hook: anyDispatch,
    service: anyDispatch.map((dispatch) => ({ ...dispatch, do: "reconcile" as const })),
    most: fc.nat(1),
    configure: anyConfigure,
  },
  { requiredKeys: ["do", "first", "at", "hook", "service"] },
);

const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: anyDispatch },
  { weight: 6, arbitrary: anyTogether },
  { weight: 8, arbitrary: anyHappening },
  { weight: 2, arbitrary: anyConfigure },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reboot" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("members" as const), lost: fc.constantFrom(0, 1, 3, 6) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("refuse" as const), scope: fc.constantFrom(...SCOPES) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom("bar" as const, "bar" as const, "unbar" as const),
      scope: fc.constantFrom(...SCOPES),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("wait" as const), minutes: fc.constantFrom(1, 6, 20, 1500) }),
  },
);

const anyDemandCommand: fc.Arbitrary<DemandCommand> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("queue" as const), jobs: fc.integer({ min: 1, max: 5 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("cancel" as const), jobs: fc.integer({ min: 1, max: 5 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("fail-messages" as const),
      fault: fc.constantFrom<ScaleSetFault>(
        "lost",
        "repeated",
        "reordered",
        "without-figures",
        "session-lost",
        "session-taken",
        "refused",
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record(
      { do: fc.constant("miscount" as const), phantom: fc.nat(3), hidden: fc.nat(3) },
      { requiredKeys: ["do"] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("service" as const),
      what: fc.constantFrom("kill", "stop", "start"),
    } as const),
  },
);

/** Histories of a unit that has three runners at their beginning. */
export const anyHistory: fc.Arbitrary<readonly Command[]> = fc.array(anyCommand, {
  minLength: 1,
  maxLength: 16,
});

/** Histories of such a unit that scales on demand from the beginning. */
export const anyDemandHistory: fc.Arbitrary<readonly Command[]> = fc
  .tuple(
    fc.record({
      do: fc.constant("configure" as const),
      idle: fc.nat(1),
      count: fc.nat(4),
      standby: fc.nat(2),
    }),
    fc.array(
      fc.oneof<fc.WeightedArbitrary<Command>[]>(
        { weight: 2, arbitrary: anyCommand },
        { weight: 1, arbitrary: anyDemandCommand },
      ),
      { minLength: 1, maxLength: 20 },
    ),
  )
  .map(([first, rest]) => [first, ...rest]);

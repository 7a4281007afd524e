import type {
  FreezeOutcome,
  GuestActivity,
  BootstrapAnswer,
  Machine,
  MachineList,
  MachineNote,
  Machines,
  MachineSpec,
  MachineState,
  InstanceType,
  StandbyMachine,
  StandbySpec,
  Taking,
} from "../runners/ports.ts";
import { Gate, unhindered, type Await, type Secret } from "charm-kit";
import {
  LxdAnswerError,
  LxdError,
  LxdUnreachableError,
  OperationError,
  OperationUnseenError,
  type Config,
  type Devices,
  type Instance,
  type InstanceStatus,
  type LxdClient,
  type NewInstance,
} from "lxd-client";
import { absentAsUndefined } from "./absent.ts";
import { destroyInstance } from "./destroy-instance.ts";
import { BootstrapError } from "./errors.ts";
import { inStartedGuest, type StartingGuest } from "./guest-start.ts";
import { KEYS, isOwned, ownerConfig, TEMPLATE_ONLY, type Owner } from "./ownership.ts";
import { lostInstances } from "./lost-instances.ts";
import { NO_MEMBER, type OwnMember } from "./own-member.ts";
import type { PortAllocator } from "./port-allocator.ts";
import { runnerImagesIn } from "./runner-images.ts";
import { startInstance } from "./start-instance.ts";
import { ownUserRange, userRangeConfig } from "./user-range.ts";

export interface LxdMachinesOptions {
  readonly client: LxdClient;
  readonly owner: Owner;
  /** Type of the instances. @default "container" */
  readonly instanceType?: InstanceType;
  /** Program in the guest that reads the payload on standard input and prints the answer. */
  readonly deliverProgram: string;
  /** Command in the guest that prints the runner application's activity. */
  readonly activityCommand: readonly [string, ...string[]];
  /** Command in the guest that ends when the guest waits for its payload. @default it waits as soon as it runs commands */
  readonly awaitCommand?: readonly [string, ...string[]];
  /** Most instances that are cloned and started at once, since this needs the host's CPUs. */
  readonly startConcurrency: number;
  /** The unit's bridge. @default profiles alone decide about the network */
  readonly ports?: PortAllocator;
  /** Where instances are made. @default the daemon stands alone */
  readonly ownMember?: OwnMember;
  /** How a guest that starts is waited for. @default as {@link StartingGuest} says */
  readonly guestStart?: Pick<StartingGuest, "pollMs" | "restartMs" | "clock">;
}

/** Time limits of a step that an abort does not end: a virtual machine's disk is copied as a whole in some pools. */
const UNHINDERED_MS: Readonly<Record<InstanceType, number>> = {
  container: 5 * 60_000,
  "virtual-machine": 15 * 60_000,
};
/** The caller's limit is what ends a delivery; longer than any of them. */
const DELIVER_MS = 60 * 60_000;
const INSPECT_MS = 10_000;
/** A version of the charm that does not know this phase destroys such an instance as one whose creation was killed. */
const STANDBY: StandbyMachine["phase"] = "standby";
/** LXD's record of an instance's state: of one that ended with LXD or with the machine it says that the instance runs. */
const LAST_POWER = "volatile.last_state.power";
/** Name of the disk device of the guest's share. */
const SHARE_DEVICE = "share";

/** Everything that a clone is made from. */
type CloneSpec = MachineSpec & { readonly phase: "creating" | StandbyMachine["phase"] };

/** The runners' instances on LXD: clones of a template, identified by keys in their configuration. */
export class LxdMachines implements Machines {
  readonly #client: LxdClient;
  readonly #owner: Owner;
  readonly #instanceType: InstanceType;
  readonly #deliverProgram: string;
  readonly #activityCommand: readonly [string, ...string[]];
  readonly #awaitCommand: readonly [string, ...string[]];
  readonly #starts: Gate;
  readonly #ports: PortAllocator | undefined;
  readonly #ownMember: OwnMember;
  /** As {@link LxdMachines.list} has seen them last. */
  #instances: readonly Instance[] = [];
  /** Ranges of instances that were not listed since their creation, by the instances' names. */
  readonly #givenRanges = new Map<string, { readonly base: number; isCreated: boolean }>();
  readonly #guestStart: NonNullable<LxdMachinesOptions["guestStart"]>;

  constructor(options: LxdMachinesOptions) {
    this.#client = options.client;
    this.#owner = options.owner;
    this.#instanceType = options.instanceType ?? "container";
    this.#deliverProgram = options.deliverProgram;
    this.#activityCommand = options.activityCommand;
    this.#awaitCommand = options.awaitCommand ?? ["true"];
    this.#guestStart = options.guestStart ?? {};
    this.#starts = new Gate(options.startConcurrency);
    this.#ports = options.ports;
    this.#ownMember = options.ownMember ?? NO_MEMBER;
  }

  async list(signal: AbortSignal): Promise<MachineList> {
    // Without a server-side filter: LXD answers an unknown one with an empty list, which looks like vanished runners.
    const created = [...this.#givenRanges].filter(([, { isCreated }]) => isCreated);
    const instances = await this.#client.instances.list(undefined, signal);
    // The list has them, or they are gone already.
    for (const [name] of created) this.#givenRanges.delete(name);
    this.#ports?.observe(instances);
    this.#instances = instances;
    const lost = await lostInstances({ client: this.#client, owner: this.#owner }, instances, signal);
    const own = instances.filter(({ config }) => isOwned(config, this.#owner, "runner")).map(toMachine);
    return {
      runners: own.filter((machine) => machine.phase !== "standby"),
      standby: own.filter((machine) => machine.phase === "standby"),
      images: runnerImagesIn(instances, this.#owner, this.#instanceType),
      ...(lost && { lost }),
    };
  }

  launch(spec: MachineSpec, signal: AbortSignal): Promise<void> {
    return this.#launch({ ...spec, phase: "creating" }, signal);
  }

  launchStandby(spec: StandbySpec, signal: AbortSignal): Promise<void> {
    return this.#launch({ ...spec, phase: "standby", scopeKey: "" }, signal);
  }

  async awaitStandby(name: string, signal: AbortSignal): Promise<void> {
    const request = { command: this.#awaitCommand, limitMs: DELIVER_MS, maxOutputBytes: 4096 } as const;
    const guest = { ...this.#guestStart, client: this.#client, name, type: this.#instanceType };
    const { exitCode, stderr } = await inStartedGuest(
      guest,
      (inner) => this.#client.exec.run(name, request, inner),
      signal,
    );
    if (exitCode === 0) return;
    throw new BootstrapError(name, `waiting for its system ended with ${exitCode}: ${stderr.trim()}`);
  }

  async take(name: string, { scopeKey, deadline, createdAt }: Taking, signal: AbortSignal): Promise<void> {
    const config = {
      [KEYS.phase]: "creating" satisfies Machine["phase"],
      [KEYS.scopeKey]: scopeKey,
      [KEYS.deadline]: String(deadline),
      [KEYS.takenAt]: String(createdAt),
    };
    await this.#patch(name, config, signal);
  }

  async #launch(spec: CloneSpec, signal: AbortSignal): Promise<void> {
    await this.#starts.run(async () => {
      signal.throwIfAborted();
      // LXD continues an operation that nobody waits for, so an abort takes effect only between steps.
      await this.#cloneOrNothing(spec);
      try {
        signal.throwIfAborted();
        await unhindered(`start '${spec.name}'`, UNHINDERED_MS[this.#instanceType], (limited) =>
          startInstance(this.#client, { name: spec.name, type: this.#instanceType }, limited),
        );
        signal.throwIfAborted();
      } catch (thrown) {
        // The next reconcile removes leftovers. The first error is the one to report.
        await unhindered(`clean up after '${spec.name}'`, UNHINDERED_MS[this.#instanceType], (limited) =>
          destroyInstance(this.#client, spec.name, limited),
        ).catch(() => undefined);
        throw thrown;
      }
    });
  }

  async deliver(
    name: string,
    payload: Secret,
    signal: AbortSignal,
    waitFor?: Await,
  ): Promise<BootstrapAnswer> {
    const guest = {
      ...this.#guestStart,
      client: this.#client,
      name,
      type: this.#instanceType,
      ...(waitFor && { waitFor }),
    };
    const answer = await inStartedGuest(guest, (inner) => this.#hand(name, payload, inner), signal);
    if (answer === "listening") return answer;
    const [, reason] = /^unprepared \d+ ?(.*)$/.exec(answer) ?? [];
    if (reason !== undefined) throw new BootstrapError(name, `it cannot be prepared: ${reason}`);
    const ended = endedWith(answer);
    if (ended) return ended;
    throw new BootstrapError(name, "its deliver program printed no answer");
  }

  /** Runs the deliver program once. */
  async #hand(name: string, payload: Secret, signal: AbortSignal): Promise<string> {
    const request = {
      command: [this.#deliverProgram],
      stdin: payload,
      maxOutputBytes: 4096,
      limitMs: DELIVER_MS,
    } as const;
    const { exitCode, stdout, stderr } = await this.#client.exec.run(name, request, signal);
    const answer = stdout.trim();
    const isAnswer = /^(unprepared|ended) \d/.test(answer) || (exitCode === 0 && answer === "listening");
    if (isAnswer) return answer;
    throw new BootstrapError(name, `its deliver program ended with ${exitCode}: ${stderr.trim()}`);
  }

  async note(name: string, note: MachineNote, signal: AbortSignal): Promise<void> {
    const { phase, suspectSince, busySince } = note;
    const config = {
      ...(phase && { [KEYS.phase]: phase }),
      ...(suspectSince !== undefined && { [KEYS.suspectSince]: timeText(suspectSince) }),
      ...(busySince !== undefined && { [KEYS.busySince]: timeText(busySince) }),
    };
    await this.#patch(name, config, signal);
  }

  async #patch(name: string, config: Config, signal: AbortSignal): Promise<void> {
    const outcome = await this.#client.instances.patch(name, { config }, signal);
    if (outcome.state === "unseen")
      throw new OperationUnseenError(`change instance '${name}'`, outcome.operationId);
  }

  async inspect(name: string, signal: AbortSignal): Promise<GuestActivity> {
    try {
      const request = { command: this.#activityCommand, limitMs: INSPECT_MS, maxOutputBytes: 64 } as const;
      return readActivity((await this.#client.exec.run(name, request, signal)).stdout.trim());
    } catch (thrown) {
      signal.throwIfAborted();
      // An unreachable daemon says nothing about the guest.
      if (thrown instanceof LxdUnreachableError) throw thrown;
      return "unknown";
    }
  }

  freeze(name: string, signal: AbortSignal): Promise<FreezeOutcome> {
    return this.#changeState(name, { action: "freeze", from: "Running" }, signal);
  }

  async unfreeze(name: string, signal: AbortSignal): Promise<void> {
    await this.#changeState(name, { action: "unfreeze", from: "Frozen" }, signal);
  }

  /** Leaves an instance alone that is in another state than `from`. */
  async #changeState(
    name: string,
    { action, from }: { readonly action: "freeze" | "unfreeze"; readonly from: InstanceStatus },
    signal: AbortSignal,
  ): Promise<FreezeOutcome> {
    try {
      const outcome = await this.#client.instances.changeState(name, { action }, signal);
      if (outcome.state === "unseen")
        throw new OperationUnseenError(`${action} instance '${name}'`, outcome.operationId);
    } catch (thrown) {
      if (thrown instanceof LxdError && thrown.evacuated) return "refused";
      await this.#unlessItIs(name, { thrown, state: from }, signal);
    }
    return "done";
  }

  async destroy(name: string, signal: AbortSignal): Promise<void> {
    if (await this.#isOurs(name, signal)) await destroyInstance(this.#client, name, signal);
  }

  /** A conflict of names does not say who owns the existing instance. */
  async #isOurs(name: string, signal: AbortSignal): Promise<boolean> {
    const instance = await absentAsUndefined(this.#client.instances.get(name, signal));
    return instance !== undefined && isOwned(instance.config, this.#owner, "runner");
  }

  /** When the answer is lost, LXD may have begun the clone, and only then is it there in a moment. */
  async #cloneOrNothing(spec: CloneSpec): Promise<void> {
    const limitMs = UNHINDERED_MS[this.#instanceType];
    try {
      await unhindered(`clone template '${spec.template}'`, limitMs, (limited) => this.#clone(spec, limited));
    } catch (thrown) {
      // LXD's own refusals need no cleaning up: what has the name then is not this runner.
      if (thrown instanceof LxdUnreachableError || thrown instanceof LxdAnswerError) {
        await unhindered(`clean up after '${spec.name}'`, limitMs, (limited) =>
          this.#destroyUnseen(spec.name, limited),
        ).catch(() => undefined);
      }
      throw thrown;
    }
  }

  async #destroyUnseen(name: string, signal: AbortSignal): Promise<void> {
    const operations = await this.#client.operations.touching(name, signal);
    await Promise.allSettled(operations.map(({ id }) => this.#client.operations.wait(id, signal)));
    await this.destroy(name, signal);
  }

  async #clone(spec: CloneSpec, signal: AbortSignal): Promise<void> {
    const member = await this.#ownMember(signal);
    const create = async (devices: Devices) => {
      await this.#client.instances.create(this.#newInstance(spec, devices), signal, member);
    };
    try {
      await (this.#ports ? this.#ports.giving(spec.name, create, signal) : create({}));
      const given = this.#givenRanges.get(spec.name);
      if (given) given.isCreated = true;
    } catch (thrown) {
      this.#givenRanges.delete(spec.name);
      throw thrown;
    }
  }

  #newInstance(
    { name, template, profiles, configHash, scopeKey, phase, deadline, share }: CloneSpec,
    devices: Devices,
  ): NewInstance {
    return {
      devices: { ...devices, ...(share && { [SHARE_DEVICE]: { type: "disk", ...share } }) },
      name,
      type: this.#instanceType,
      source: { type: "copy", source: template },
      profiles,
      // Not ephemeral: what a runner that stops by itself leaves is looked at before it is deleted.
      ephemeral: false,
      description: `GitHub runner of unit ${this.#owner.unitName}`,
      config: {
        ...ownerConfig(this.#owner, "runner"),
        [KEYS.configHash]: configHash,
        [KEYS.scopeKey]: scopeKey,
        [KEYS.phase]: phase,
        [KEYS.deadline]: String(deadline),
        ...TEMPLATE_ONLY,
        ...userRangeConfig(this.#giveUserRange(name, template)),
        "boot.autostart": "false",
      },
    };
  }

  #giveUserRange(name: string, template: string): number | undefined {
    const instances = this.#instances;
    const base = ownUserRange({
      name,
      template: instances.find((instance) => instance.name === template),
      instances,
      given: [...this.#givenRanges.values()].map((given) => given.base),
    });
    if (base !== undefined) this.#givenRanges.set(name, { base, isCreated: false });
    return base;
  }

  /** LXD refuses, or forgets, an operation. Decides by the state, not by the message. */
  async #unlessItIs(
    name: string,
    { thrown, state }: { readonly thrown: unknown; readonly state: InstanceStatus },
    signal: AbortSignal,
  ): Promise<void> {
    if (thrown instanceof LxdError && thrown.notFound) return;
    const isDecided =
      thrown instanceof LxdError ||
      thrown instanceof OperationError ||
      thrown instanceof OperationUnseenError;
    if (!isDecided) throw thrown;
    const { status } = await this.#client.instances.get(name, signal);
    if (status === state) throw thrown;
  }
}

/** Untrusted output of the guest. */
function readActivity(line: string): GuestActivity {
  switch (line) {
    case "waiting":
    case "job-started-hook":
    case "job":
      return line;
    default:
      return endedWith(line) ?? "unknown";
  }
}

function endedWith(line: string): { readonly ended: number } | undefined {
  const [, code] = /^ended (\d{1,3})$/.exec(line) ?? [];
  return code === undefined ? undefined : { ended: Number(code) };
}

function toMachine({ name, status, config, created_at: createdAt }: Instance): Machine | StandbyMachine {
  const listed = {
    name,
    state: toState(status),
    configHash: config[KEYS.configHash] ?? "",
    createdAt: readTime(config[KEYS.takenAt]) ?? Date.parse(createdAt),
    // An unreadable deadline would never be reached.
    deadline: readTime(config[KEYS.deadline]) ?? 0,
  };
  if (config[KEYS.phase] === STANDBY) return { ...listed, phase: STANDBY };
  return {
    ...listed,
    phase: config[KEYS.phase] === "ready" ? "ready" : "creating",
    scopeKey: config[KEYS.scopeKey] ?? "",
    suspectSince: readTime(config[KEYS.suspectSince]),
    busySince: readTime(config[KEYS.busySince]),
    ...(status === "Stopped" && config[LAST_POWER] === "RUNNING" && { isCutOff: true }),
  };
}

/** Milliseconds since the Unix epoch; undefined for a missing or unreadable time. */
function readTime(text: string | undefined): number | undefined {
  const time = Number(text === "" ? undefined : text);
  return Number.isFinite(time) ? time : undefined;
}

/** LXD removes keys with empty values. */
function timeText(time: number | null): string {
  return time === null ? "" : String(time);
}

function toState(status: InstanceStatus): MachineState {
  switch (status) {
    case "Frozen":
    case "Freezing":
      return "frozen";
    case "Stopped":
      return "stopped";
    case "Error":
      return "error";
    // During its shutdown the application may still upload a job's results.
    case "Running":
    case "Ready":
    case "Starting":
    case "Stopping":
    case "Aborting":
    case "Thawed":
      return "running";
  }
}

import type { Fleet } from "../../../src/runners/creations.ts";
import { FakeProcess, fleetOf, options, runnerName } from "../fake-process.ts";
import { FakeSite, SCOPE } from "../fake-site.ts";
import { RunnerVanishedError } from "../../../src/runners/errors.ts";
import type { Machine } from "../../../src/runners/ports.ts";
import { currentLock } from "../../../src/unit/current-lock.ts";
import { OutdatedSettingsError } from "../../../src/service/unit-rounds.ts";
import { SiteLock } from "./site-lock.ts";
import type { PortVerb } from "../port-calls.ts";
import {
  SCOPES,
  type Command,
  type Configure,
  type Dispatch,
  type Happening,
  type Together,
} from "./command.ts";
import { disturb } from "./disturb.ts";
import { happen } from "./happen.ts";
import { Reasons } from "./reasons.ts";
import { HistoricDemand, LONGEST_WAIT_MS } from "./historic-demand.ts";

const MINUTE_MS = 60_000;
/** As long as the timer of reconciles, and longer than the grace. */
const INTERVAL_MS = 11 * MINUTE_MS;
/** GitHub lets a busy runner go that it has missed for so long. */
const SETTLED_MS = 20 * MINUTE_MS;

/** As long as a former scope that has failed is left alone at most. */
const LONGEST_PAUSE_MS = 61 * MINUTE_MS;

/** A rule that a history breaks. */
export class BrokenRule extends Error {
  override readonly name = "BrokenRule";
}

/**
 * Lives a history through with the real manager and runners, in virtual time, and then lets all faults end.
 *
 * @throws {@link BrokenRule} as soon as a rule is broken.
 */
export async function replay(history: readonly Command[]): Promise<void> {
  const unit = new HistoricUnit();
  for (const command of history) await unit.live(command);
  await unit.settle();
}

/** How much the unit has. */
interface Sizes {
  /** Instances of runners, but for those that only power off. */
  readonly runners: number;
  /** Instances of runners, and standby instances. */
  readonly instances: number;
  /** Of instances, in the present scope. */
  readonly registrations: number;
}

/** A unit on a site that others share, and what must always hold of it. */
class HistoricUnit {
  readonly #site = new FakeSite();
  #fleet: Fleet = fleetOf(3);
  #configHash = "hash-1";
  #scope = SCOPE;
  #standby = 0;
  #replacements = 0;
  /** Idle runners beside the demand; undefined with a fixed number of runners. */
  #idle: number | undefined;
  readonly #demandOf = new HistoricDemand(this.#site);
  #sizes: Sizes;
  /** Revision of the settings in force, and the newest one that a process has worked with. */
  #revision = 1;
  #applied = 0;
  /** Numbers of runners that processes at work want. */
  readonly #wanted = new Set<Pick<Fleet, "count" | "replacement" | "standby">>();
  readonly #lock = new SiteLock();
  #broken: BrokenRule | undefined;
  readonly #others: string;

  constructor() {
    for (const number of [1, 2, 3]) this.#site.addRunner(runnerName(number));
    this.#site.recorded.set(SCOPE, undefined);
    this.#site.isNeeded = (scope) => this.#idle !== undefined && this.#demandOf.knows(scope);
    for (const name of ["runners-1-abcdef000001", "runners-0-fedcba000001", "vm"]) this.#site.addRunner(name);
    this.#site.addRegistration("somebody-elses");
    this.#others = this.#describeOthers();
    this.#sizes = this.#measure();
  }

  async live(command: Command): Promise<void> {
    const site = this.#site;
    // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- all others happen to one runner
    switch (command.do) {
      case "reconcile":
      case "flush-idle":
      case "standby":
        await this.#dispatch(command, { ...this.#settings(), isService: true });
        break;
      case "together":
        await this.#together(command);
        break;
      case "configure":
        this.#configure(command);
        break;
      case "refuse":
        // What the unit is configured for is what it has good credentials for.
        if (command.scope !== this.#scope) site.refusing.add(command.scope);
        break;
      case "bar":
        if (command.scope !== this.#scope) site.barred.add(command.scope);
        break;
      case "unbar":
        site.barred.delete(command.scope);
        break;
      case "reboot":
        for (const { name } of this.#own()) {
          happen(site, "crash", name);
          // LXD knows why they have stopped, and so none of them counts as one that ended by itself.
          site.changeMachine(name, { isCutOff: true });
          site.vanished.delete(name);
        }
        for (const name of site.standbyNames()) happen(site, "stop-standby", name);
        break;
      case "members":
        site.lost = command.lost === 0 ? undefined : { ...OTHER_UNITS, names: LOST.slice(0, command.lost) };
        break;
      case "wait":
        await this.#pass(command.minutes * MINUTE_MS);
        break;
      case "queue":
      case "cancel":
      case "fail-messages":
      case "miscount":
      case "service":
        await this.#demandOf.disturb(command, this.#scope);
        break;
      default:
        this.#happen(command);
    }
    await this.#followDemand();
    this.#sizes = this.#measure();
    this.#check();
  }

  /** Faults have ended: what GitHub forgets by itself is forgotten, and two reconciles have to do. */
  async settle(): Promise<void> {
    this.#site.endings.length = 0;
    this.#demandOf.recover();
    await this.#followDemand();
    await this.#pass(this.#site.faults.size > 0 ? LONGEST_PAUSE_MS : SETTLED_MS);
    await this.#twoReconciles();
    this.#checkSettled("after two reconciles");
    await this.#serveJobs();
    for (const { name } of this.#own()) happen(this.#site, "finish", name);
    // What cannot be asked for jobs, and what has jobs although the unit wants no runner, is given up at some time.
    const isLeft = this.#demandOf.formerOf(this.#scope).length > 0;
    await this.#pass(isLeft ? LONGEST_WAIT_MS : SETTLED_MS);
    await this.#twoReconciles();
    this.#checkSettled("after the last jobs");
    const wanted = Math.min(this.#most(this.#fleet), this.#idle ?? Infinity);
    this.#demand(this.#own().length === wanted, "the number is not the wanted one");
    const left = [...this.#site.recorded.keys()].filter((key) => key !== this.#scope);
    this.#demand(left.length === 0, `credentials of ${left.join()} are kept though nothing is left there`);
  }

  async #twoReconciles(): Promise<void> {
    for (const round of [1, 2]) {
      await this.#pass(INTERVAL_MS);
      const { manager } = this.#process();
      const choose = () => Promise.resolve(this.#present(this.#settings()));
      const { failures } = await manager.reconcileChosen(
        async () => ({ fleet: await choose(), conclude: () => Promise.resolve() }),
        () => undefined,
        NEVER,
      );
      const own = failures.filter((failure) => !this.#tellsOfVanished(failure));
      this.#demand(own.length === 0, `reconcile ${round} fails without a fault: ${own.join()}`);
      while (!(await manager.makeUpStandby(choose, NEVER, NEVER)).isDone) this.#check();
      this.#check();
    }
  }

  /** Jobs that wait get a runner, and end: all of them, one round after the other. */
  async #serveJobs(): Promise<void> {
    if (this.#idle === undefined || this.#fleet.count === 0) return;
    for (let left = this.#waiting(); left > 0; left = this.#waiting()) {
      for (const { name } of this.#own()) happen(this.#site, "finish", name);
      await this.#pass(SETTLED_MS);
      await this.#twoReconciles();
      this.#checkSettled(`with ${this.#waiting()} jobs that wait`);
      for (const machine of this.#own())
        if (this.#demandOf.setOf(machine.scopeKey).waiting > 0 && this.#isIdle(machine))
          happen(this.#site, "job", machine.name);
      const rest = this.#waiting();
      this.#demand(rest < left, `${left} jobs wait, and no runner is there for any of them`);
    }
  }

  /** Number of jobs that must get a runner: queued ones, and those of former scale sets that can be asked. */
  #waiting(): number {
    const { queued, waiting } = this.#demandOf.setOf(this.#scope);
    return queued + waiting + this.#waitingElsewhere();
  }

  #waitingElsewhere(): number {
    const sets = this.#demandOf.formerOf(this.#scope).filter(({ scope }) => !this.#site.refusing.has(scope));
    return sets.reduce((sum, set) => {
      const idle = this.#own().filter((machine) => machine.scopeKey === set.scope && this.#isIdle(machine));
      return sum + (this.#site.barred.has(set.scope) ? Math.min(set.waiting, idle.length) : set.waiting);
    }, 0);
  }

  #isIdle({ name, scopeKey }: Machine): boolean {
    const registration = this.#site.registeredAt(scopeKey).find((each) => each.name === name);
    return registration?.online === true && !registration.busy;
  }

  /** Time passes, in steps that a listener notices. */
  async #pass(ms: number): Promise<void> {
    if (this.#idle === undefined) this.#site.pass(ms);
    else await this.#demandOf.pass(ms);
  }

  /** The service applies the settings in force, and hears what GitHub has told. */
  async #followDemand(): Promise<void> {
    const capacity = this.#most(this.#fleet);
    await this.#demandOf.follow(this.#idle === undefined ? undefined : { scope: this.#scope, capacity });
  }

  /** The fleet of a process that has the lock now. */
  #present({ fleet, scope, idle }: Pick<Settings, "fleet" | "scope" | "idle">): Fleet {
    if (idle === undefined) return fleet;
    return { ...fleet, demand: this.#demandOf.demandFor(scope, idle, fleet.count) };
  }

  /** Each end is told once. */
  #tellsOfVanished(failure: Error): boolean {
    return failure instanceof RunnerVanishedError && this.#site.vanished.delete(failure.runner);
  }

  /** The one begins, and the other one at a call of it: it waits for the lock, or has it. */
  async #together({ first, at, hook, service, most, configure }: Together): Promise<void> {
    const known = { ...this.#settings(), most };
    // A service that begins after a hook with other settings never works with its own.
    if (first === "service" || !configure) this.#site.refusing.delete(known.scope);
    const asHook = (onCall?: OnCall) => {
      if (configure) this.#configure(configure);
      return this.#dispatch(hook, this.#settings(), onCall);
    };
    const asService = (onCall?: OnCall) => this.#dispatch(service, { ...known, isService: true }, onCall);
    const [one, other] = first === "hook" ? [asHook, asService] : [asService, asHook];
    let second: Promise<void> | undefined;
    await one((call) => {
      if (call === at) second ??= other();
    });
    await (second ?? other());
  }

  /** What a process that begins now works with. */
  #settings(): Settings {
    return {
      ...{ fleet: this.#fleet, scope: this.#scope, revision: this.#revision, idle: this.#idle },
      most: undefined,
      isService: false,
    };
  }

  async #dispatch(dispatch: Dispatch, settings: Settings, onCall?: OnCall): Promise<void> {
    const { fleet, scope, revision, most, isService } = settings;
    const reasons = new Reasons(dispatch.replans);
    const process = this.#process(settings, dispatch.do === "reconcile");
    const aborted = disturb(process, this.#site, {
      dispatch,
      scope,
      check: () => {
        this.#demandOf.notice();
        this.#check();
      },
      queue: () => {
        this.#demandOf.setOf(scope).queued += 1;
      },
      onCall: (call, verb) => {
        reasons.called(call);
        this.#demand(
          revision >= this.#applied,
          `${verb} with settings ${revision}, after work with settings ${this.#applied}`,
        );
        this.#applied = revision;
        onCall?.(call, verb);
      },
    });
    this.#site.endings.push(...(dispatch.endings ?? []));
    const { manager } = process;
    this.#wanted.add(fleet);
    const choose = () => Promise.resolve({ ...this.#present(settings), mostCreations: most });
    const replanning = {
      observed: () => undefined,
      next: (signal: AbortSignal) => reasons.next(signal).then(choose),
    };
    const { listener } = this.#demandOf;
    const heard = listener?.pending ?? [];
    const work = {
      reconcile: () =>
        manager.reconcileChosen(
          async () => ({
            fleet: await choose(),
            conclude: () => Promise.resolve(),
            ...(most === undefined && { replanning }),
          }),
          () => undefined,
          aborted,
        ),
      "flush-idle": () => manager.flushIdle(aborted),
      standby: () => manager.makeUpStandby(choose, NEVER, aborted),
    }[dispatch.do]();
    const end = await Promise.race([
      work.then(() => "done" as const).catch(() => undefined),
      process.calls.killed,
    ]);
    if (isService && end === "killed") await this.#demandOf.kill();
    if (isService && end === "done") await listener?.acted(heard, NEVER);
    // What a killed process has just made is there from now on.
    this.#check();
    this.#wanted.delete(fleet);
  }

  /** The present scope accepts the unit when it registers there; one that it was configured for without that stays as it was. */
  #process(
    { scope, revision }: Pick<Settings, "scope" | "revision"> = this.#settings(),
    worksThere = true,
  ): FakeProcess {
    // One with outdated settings works nowhere.
    if (worksThere && revision === this.#revision) this.#site.refusing.delete(this.#scope);
    const lock = currentLock(
      this.#lock.for(() => process.calls.killed),
      () =>
        revision === this.#revision ? Promise.resolve() : Promise.reject(new OutdatedSettingsError(revision)),
    );
    const process: FakeProcess = new FakeProcess(this.#site, { freezesStandby: true }, scope, lock);
    return process;
  }

  #happen(happening: Happening): void {
    const isOfStandby = happening.do === "stop-standby" || happening.do === "lose-standby";
    const names = isOfStandby ? this.#site.standbyNames() : this.#own().map(({ name }) => name);
    const name = names[happening.runner % Math.max(1, names.length)];
    if (name !== undefined) happen(this.#site, happening.do, name);
  }

  #configure({
    count = this.#fleet.count,
    standby = this.#standby,
    replacements = this.#replacements,
    configHash = this.#configHash,
    scope = this.#scope,
    idle = this.#idle,
  }: Configure): void {
    this.#configHash = configHash;
    this.#scope = scope;
    // What the unit is configured for works; what was wrong there is forgotten.
    this.#site.barred.delete(scope);
    this.#site.faults.delete(scope);
    this.#idle = idle ?? undefined;
    this.#revision += 1;
    // The scope is part of the configuration, and so is the scale set.
    const facts = [
      configHash,
      ...(scope === SCOPE ? [] : [scope]),
      ...(this.#idle === undefined ? [] : ["demand"]),
    ];
    const hash = facts.join(" in ");
    this.#standby = standby;
    this.#replacements = replacements;
    const replacement = { ofUnit: count, most: count === 0 ? 0 : replacements };
    this.#fleet = { ...fleetOf(count, hash), standby, replacement };
    this.#sizes = this.#measure();
  }

  /** Most runners of a fleet: another unit shares the lost ones, and has the second turn. */
  #most({ count, replacement }: Pick<Fleet, "count" | "replacement">): number {
    const instances = this.#site.lost?.names.length ?? 0;
    const lost = this.#idle === undefined || instances === 0 ? Math.min(instances, count) : count;
    return count + Math.min(Math.ceil(lost / 2), replacement?.most ?? 0);
  }

  #own(): Machine[] {
    return [...this.#site.machines.values()]
      .filter(({ name }) => options.names.owns(name))
      .sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  /** What must hold at every moment. */
  #check(): void {
    const wanted = [this.#fleet, ...this.#wanted];
    const count = Math.max(...wanted.map((fleet) => this.#most(fleet)));
    // The machine has room for all runners in place of lost ones.
    const both = Math.max(...wanted.map((fleet) => roomOf(fleet) + (fleet.standby ?? 0)));
    const before = this.#sizes;
    this.#sizes = this.#measure();
    const { runners, instances, registrations } = this.#sizes;
    this.#demand(
      runners <= Math.max(before.runners, count),
      `there are ${runners} runners, ${count} are wanted`,
    );
    this.#demand(
      instances <= Math.max(before.instances, both),
      `there are ${instances} instances, ${both} runners and standby instances are wanted`,
    );
    this.#demand(
      registrations <= Math.max(before.registrations, count),
      `there are ${registrations} registrations, ${count} are wanted`,
    );
    this.#demand(
      this.#site.killedJobs.length === 0,
      `the unit ended the job of ${this.#site.killedJobs.join()}`,
    );
    this.#demand(this.#describeOthers() === this.#others, "something of others was touched");
  }

  /** What must hold once nothing goes wrong any more. */
  #checkSettled(when: string): void {
    const own = this.#own();
    const withJob = own.filter(({ name }) => this.#site.hasJob(name)).length;
    const wanted = this.#wantedNow(withJob);
    this.#demand(
      own.length === Math.max(wanted, withJob),
      `${when} there are ${own.length} runners, ${wanted} are wanted and ${withJob} have a job`,
    );
    for (const machine of own) this.#checkRunner(machine, when);
    this.#checkStandby(when, own.length);
    for (const scope of SCOPES.filter((each) => !this.#site.refusing.has(each))) {
      const orphans = this.#site
        .registrationsAt(scope)
        .filter(({ name }) => options.names.owns(name) && !this.#site.machines.has(name));
      this.#demand(orphans.length === 0, `${when} registrations without instances are left in ${scope}`);
    }
  }

  /** As many as jobs want: those that have a job already, wherever it came from, and those that wait. */
  #wantedNow(withJob: number): number {
    const most = this.#most(this.#fleet);
    if (this.#idle === undefined) return most;
    const { figures, waiting } = this.#demandOf.setOf(this.#scope);
    const { assigned } = this.#demandOf;
    this.#demand(
      assigned === figures.assigned,
      `the unit knows of ${assigned ?? "no"} jobs, not of ${figures.assigned}`,
    );
    return Math.min(most, withJob + waiting + this.#waitingElsewhere() + this.#idle);
  }

  /** Runners with a job of an earlier configuration take the room of standby instances. */
  #checkStandby(when: string, runners: number): void {
    const standby = [...this.#site.standby.values()];
    const wanted = Math.max(0, Math.min(this.#standby, roomOf(this.#fleet) + this.#standby - runners));
    this.#demand(
      standby.length === wanted,
      `${when} there are ${standby.length} standby instances, ${wanted} are wanted`,
    );
    for (const { name, state, configHash } of standby) {
      this.#demand(state === "frozen", `${when} standby instance ${name} is ${state}`);
      this.#demand(
        configHash === this.#fleet.configHash,
        `${when} standby instance ${name} is of ${configHash}`,
      );
      this.#demand(!this.#site.registrationOf(name), `${when} standby instance ${name} is registered`);
    }
  }

  #measure(): Sizes {
    const own = this.#own();
    // A successor may be there before their instances have powered off, and are deleted.
    const isEnding = ({ name, state }: Machine) =>
      !["running", "frozen"].includes(state) ||
      (this.#site.saidEnded.has(name) && !this.#site.registrationOf(name));
    const ending = own.filter(isEnding);
    const runners = own.length - ending.length;
    // Those without an instance are no runners: an instance may be lost, and GitHub may refuse to forget it.
    const hasInstance = (name: string) => this.#site.machines.has(name) || this.#site.standby.has(name);
    const registrations = this.#site
      .registeredAt(this.#scope)
      .filter(({ name }) => options.names.owns(name) && hasInstance(name));
    return { runners, instances: own.length + this.#site.standby.size, registrations: registrations.length };
  }

  #checkRunner({ name, state, phase, configHash, scopeKey }: Machine, when: string): void {
    this.#demand(state === "running", `${when} ${name} is ${state}`);
    if (this.#site.hasJob(name)) return;
    const isWaitedFor = this.#demandOf.setOf(scopeKey).waiting > 0;
    const isOfScope = scopeKey === this.#scope || isWaitedFor;
    // Where no other one can be registered, one of an earlier configuration stays for the job that waits.
    const isOfConfig =
      configHash === this.#fleet.configHash || (isWaitedFor && this.#site.barred.has(scopeKey));
    const isFresh = isOfConfig && isOfScope && phase === "ready";
    this.#demand(isFresh, `${when} ${name} is of ${configHash} in ${scopeKey}, ${phase}`);
    const isOnline = this.#site.registrationsAt(scopeKey).some((each) => each.name === name && each.online);
    this.#demand(isOnline, `${when} ${name} is idle and not online`);
  }

  #describeOthers(): string {
    const machines = [...this.#site.machines.values()].filter(({ name }) => !options.names.owns(name));
    const registrations = [...this.#site.registrations.values()];
    return JSON.stringify([machines, registrations.filter(({ name }) => !options.names.owns(name))]);
  }

  #demand(holds: boolean, rule: string): void {
    if (!holds) this.#broken ??= new BrokenRule(rule);
    // The manager takes what a port throws for a failure of it: a rule stays broken.
    if (this.#broken) throw this.#broken;
  }
}

const NEVER = new AbortController().signal;

/** The unit itself, and one on another member that answers. */
const OTHER_UNITS = { unit: "runners/0", units: ["runners/0", "runners/2"] };
/** Instances of a unit whose member may be off. */
const LOST = [1, 2, 3, 4, 5, 6].map((number) => runnerName(number).replace(/-0-/, "-3-"));

function roomOf({ count, replacement }: Pick<Fleet, "count" | "replacement">): number {
  return count + (replacement?.most ?? 0);
}

/** What a process works with. */
interface Settings {
  readonly fleet: Fleet;
  readonly scope: string;
  readonly revision: number;
  readonly most: number | undefined;
  /** Idle runners beside the demand; undefined with a fixed number of runners. */
  readonly idle: number | undefined;
  /** Whether it is the process that listens to GitHub. */
  readonly isService: boolean;
}

type OnCall = (call: number, verb: PortVerb) => void;

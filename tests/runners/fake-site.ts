import type {
  RunnerImage,
  GuestActivity,
  GuestReport,
  BootstrapAnswer,
  LostInstances,
  Machine,
  Registration,
  StandbyMachine,
  Taking,
} from "../../src/runners/ports.ts";
import type { FormerFault } from "../../src/unit/former-faults.ts";
import { FakeHistory } from "./fake-history.ts";

/** Where the unit of a test registers its runners unless the test says otherwise. */
export const SCOPE = "scope-1";

/** GitHub refuses the credentials of a scope. */
export class ScopeRefusedError extends Error {
  override readonly name = "ScopeRefusedError";
}

/** LXD and GitHub as they really are, whatever processes come and go: the state behind the fakes of both ports. */
export class FakeSite {
  readonly machines = new Map<string, Machine>();
  readonly standby = new Map<string, StandbyMachine>();
  readonly registrations = new Map<number, Registration>();
  /** Whether the machine's member of an LXD cluster is evacuated. */
  isEvacuated = false;
  /** Instances on members of the cluster that are off. */
  lost: LostInstances | undefined;
  /** Names of templates that runners can be cloned from. */
  readonly templates = new Set(["template-1"]);
  /** The finished images, newest first. */
  images: readonly RunnerImage[] = [];
  /** Names of instances that are none of the unit's runners. */
  readonly strangers = new Set<string>();
  /** Names of runners whose instance was ended while they had a job. */
  readonly killedJobs: string[] = [];
  /** Runners with a job that GitHub's list does not show, such as those of a path that is no longer listed. */
  readonly unseenJobs = new Set<string>();
  /** Runners whose job GitHub has ended, whatever their guests say. */
  readonly endedJobs = new Set<string>();
  /** Runners that have no job, although GitHub lists them as busy. */
  readonly idleGuests = new Set<string>();
  /** Runners that run the job-started hook of their job. */
  readonly inJobStartedHook = new Set<string>();
  /** Runners whose application has ended, with its exit code, although the instance runs. */
  readonly ended = new Map<string, number>();
  /** When guests said that their application has ended, in milliseconds since the Unix epoch. */
  readonly saidEnded = new Map<string, number>();
  /** What guests have written down, by runner. */
  readonly reports = new Map<string, GuestReport>();
  /** The unit's record of its runners' lives. */
  readonly history = new FakeHistory();
  /** Runners whose instance ended without a word, by nothing that the unit did. */
  readonly vanished = new Set<string>();
  /** Exit codes with which the next applications end before they listen. */
  readonly endings: number[] = [];
  /** The unit's record of registration scopes, and when it left them. */
  readonly recorded = new Map<string, number | undefined>();
  /** Whether jobs may still want runners in a former scope. */
  isNeeded: (scope: string) => boolean = () => false;
  /** Scopes that refuse the unit's credentials. */
  readonly refusing = new Set<string>();
  /** Scopes that list runners, and register none. */
  readonly barred = new Set<string>();
  /** The unit's record of what is wrong with former scopes. */
  readonly faults = new Map<string, FormerFault>();
  /** Scopes that do not answer. */
  readonly silent = new Set<string>();
  /** The scope of each registration. */
  readonly #scopes = new Map<number, string>();
  /** Most instances that existed at one moment since the site began. */
  mostMachines = 0;
  /** Called when a runner of a scope gets a job, and when it loses one that waits again. */
  onJob: (scope: string, what: "taken" | "requeued") => void = () => undefined;
  /** Milliseconds since the Unix epoch. */
  now = Date.UTC(2026, 0, 1);
  readonly #agenda: { readonly at: number; readonly act: () => void }[] = [];
  #lastId = 100;
  readonly #namesSeen = new Set<string>();

  /** A runner on both sides, as a creation would have left it. */
  addRunner(
    name: string,
    machine: Partial<Machine> = {},
    registration: Partial<Registration> | undefined = {},
  ): void {
    this.addMachine(name, machine);
    this.addRegistration(name, { online: true, ...registration }, machine.scopeKey);
  }

  addMachine(name: string, machine: Partial<Machine> = {}): void {
    this.setMachine({
      name,
      state: "running",
      phase: "ready",
      configHash: "hash-1",
      scopeKey: SCOPE,
      createdAt: this.now,
      deadline: this.now + 86_400_000,
      suspectSince: undefined,
      busySince: undefined,
      ...machine,
    });
  }

  setMachine(machine: Machine): void {
    this.machines.set(machine.name, machine);
    this.#countInstances();
  }

  /** A standby instance that rests. */
  addStandby(name: string, standby: Partial<StandbyMachine> = {}): void {
    this.standby.set(name, {
      name,
      state: "frozen",
      phase: "standby",
      configHash: "hash-1",
      createdAt: this.now,
      deadline: this.now + 86_400_000,
      ...standby,
    });
    this.#countInstances();
  }

  changeStandby(name: string, change: Partial<StandbyMachine>): void {
    const standby = this.standby.get(name);
    if (standby) this.standby.set(name, { ...standby, ...change });
  }

  /** Makes a standby instance a runner's, in its present state. */
  takeStandby(name: string, { scopeKey, deadline, createdAt }: Taking): void {
    const standby = this.standby.get(name);
    if (!standby) throw new Error(`Instance '${name}' is not on standby`);
    this.standby.delete(name);
    const { configHash, state } = standby;
    this.addMachine(name, { state, phase: "creating", configHash, scopeKey, deadline, createdAt });
  }

  #countInstances(): void {
    this.mostMachines = Math.max(this.mostMachines, this.machines.size + this.standby.size);
  }

  changeMachine(name: string, change: Partial<Machine>): void {
    const machine = this.machines.get(name);
    if (machine) this.machines.set(name, { ...machine, ...change });
  }

  /** Registers a name. GitHub refuses one that it has seen. */
  addRegistration(name: string, registration: Partial<Registration> = {}, scope = SCOPE): Registration {
    if (this.#namesSeen.has(name)) throw new Error(`Already exists - A runner with the name ${name}`);
    this.#namesSeen.add(name);
    const added = { id: ++this.#lastId, name, online: false, busy: false, ...registration };
    this.registrations.set(added.id, added);
    this.#scopes.set(added.id, scope);
    return added;
  }

  /** The registrations in a scope. */
  registrationsAt(scope: string): Registration[] {
    this.checkAccess(scope);
    return this.registeredAt(scope);
  }

  /** The same, whether the scope can be asked or not. */
  registeredAt(scope: string): Registration[] {
    return [...this.registrations.values()].filter(({ id }) => this.#scopes.get(id) === scope);
  }

  /** @throws {@link ScopeRefusedError}, or another error for a silent scope. */
  checkAccess(scope: string): void {
    if (this.silent.has(scope)) throw new Error(`No answer from ${scope}`);
    if (this.refusing.has(scope)) throw new ScopeRefusedError(`Bad credentials for ${scope}`);
  }

  changeRegistration(name: string, change: Partial<Registration>): void {
    const registration = this.registrationOf(name);
    if (registration) this.registrations.set(registration.id, { ...registration, ...change });
  }

  registrationOf(name: string): Registration | undefined {
    return [...this.registrations.values()].find((registration) => registration.name === name);
  }

  /** Gives a runner a job, if GitHub sees it waiting for one. */
  assignJob(name: string): void {
    const registration = this.registrationOf(name);
    if (!registration?.online) return;
    if (!registration.busy) this.onJob(this.#scopes.get(registration.id) ?? SCOPE, "taken");
    this.changeRegistration(name, { busy: true });
  }

  /** GitHub takes a runner's job back, which waits again, and forgets the runner; its application ends. */
  requeueJob(name: string): void {
    const registration = this.registrationOf(name);
    if (!registration?.busy) return;
    this.registrations.delete(registration.id);
    this.ended.set(name, 0);
    this.saidEnded.set(name, this.now);
    this.onJob(this.#scopes.get(registration.id) ?? SCOPE, "requeued");
  }

  /** The application connects, or ends before it listens. */
  startApplication(name: string): BootstrapAnswer {
    const ended = this.endings.shift();
    if (ended !== undefined) {
      this.stopMachine(name);
      return { ended };
    }
    this.changeRegistration(name, { online: true });
    return "listening";
  }

  /** Activity of the guest. */
  activity(name: string): GuestActivity {
    if (this.machines.get(name)?.state !== "running") return "unknown";
    const ended = this.ended.get(name);
    if (ended !== undefined) return { ended };
    if (this.inJobStartedHook.has(name)) return "job-started-hook";
    return this.hasJob(name) ? "job" : "waiting";
  }

  /** Whether a job runs in the guest, whether GitHub shows it or not. */
  hasJob(name: string): boolean {
    if (this.idleGuests.has(name)) return false;
    return this.unseenJobs.has(name) || this.registrationOf(name)?.busy === true;
  }

  /** What a runner that has finished its job leaves: a stopped instance. */
  finishJob(name: string): void {
    const registration = this.registrationOf(name);
    if (registration) this.registrations.delete(registration.id);
    this.writeReport(name, { end: { status: "normal", code: undefined, at: this.now } });
    this.changeMachine(name, { state: "stopped" });
  }

  /** What a guest writes down; by default of a runner that has been ready for a minute, and nothing else. */
  writeReport(name: string, change: Partial<GuestReport> = {}): void {
    const report = { job: undefined, end: undefined, output: "", isEarly: false, isLost: false };
    this.reports.set(name, { readyAt: this.now - 60_000, ...report, ...change });
  }

  /** Ends the processes of an instance. GitHub notices that its runner is no longer connected. */
  stopMachine(name: string): void {
    const machine = this.machines.get(name);
    const isAlive = machine?.state === "running" || machine?.state === "frozen";
    if (isAlive && this.hasJob(name)) this.killedJobs.push(name);
    this.changeMachine(name, { state: "stopped" });
    this.changeStandby(name, { state: "stopped" });
    this.changeRegistration(name, { online: false });
  }

  /** Lets time pass; what was scheduled by {@link FakeSite.after} happens. */
  pass(ms: number): void {
    this.now += ms;
    for (const event of this.#agenda.splice(0)) {
      if (event.at <= this.now) event.act();
      else this.#agenda.push(event);
    }
  }

  /** Schedules something that happens when so much time has passed. */
  after(ms: number, act: () => void): void {
    this.#agenda.push({ at: this.now + ms, act });
  }

  /** Lets GitHub forget all names that are not in use. */
  forgetNames(): void {
    this.#namesSeen.clear();
    const registrations = [...this.registrations.values()];
    for (const { name } of registrations) this.#namesSeen.add(name);
    const ids = new Set(registrations.map(({ id }) => id));
    for (const id of this.#scopes.keys()) if (!ids.has(id)) this.#scopes.delete(id);
  }

  standbyNames(): string[] {
    return [...this.standby.keys()].sort();
  }

  machineNames(): string[] {
    return [...this.machines.keys()].sort();
  }

  registrationNames(): string[] {
    return [...this.registrations.values()].map(({ name }) => name).sort();
  }
}

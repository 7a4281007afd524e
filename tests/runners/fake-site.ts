import type { Machine, Registration } from "../../src/runners/ports.ts";

/** LXD and GitHub as they really are, whatever processes come and go: the state behind the fakes of both ports. */
export class FakeSite {
  readonly machines = new Map<string, Machine>();
  readonly registrations = new Map<number, Registration>();
  /** Names of templates that runners can be cloned from. */
  readonly templates = new Set(["template-1"]);
  /** Names of instances that are none of the unit's runners. */
  readonly strangers = new Set<string>();
  /** Names of runners whose instance was ended while they had a job. */
  readonly killedJobs: string[] = [];
  /** Runners with a job that GitHub's list does not show, such as those of a path that is no longer listed. */
  readonly unseenJobs = new Set<string>();
  /** Most instances that existed at one moment since the site began. */
  mostMachines = 0;
  /** Milliseconds since the Unix epoch. */
  now = Date.UTC(2026, 0, 1);
  #lastId = 100;
  readonly #namesSeen = new Set<string>();

  /** A runner on both sides, as a creation would have left it. */
  addRunner(
    name: string,
    machine: Partial<Machine> = {},
    registration: Partial<Registration> | undefined = {},
  ): void {
    this.addMachine(name, machine);
    this.addRegistration(name, { online: true, ...registration });
  }

  addMachine(name: string, machine: Partial<Machine> = {}): void {
    this.setMachine({
      name,
      state: "running",
      phase: "ready",
      kind: "kind-1",
      createdAt: this.now,
      deadline: this.now + 86_400_000,
      doubtfulSince: undefined,
      ...machine,
    });
  }

  setMachine(machine: Machine): void {
    this.machines.set(machine.name, machine);
    this.mostMachines = Math.max(this.mostMachines, this.machines.size);
  }

  changeMachine(name: string, change: Partial<Machine>): void {
    const machine = this.machines.get(name);
    if (machine) this.machines.set(name, { ...machine, ...change });
  }

  /** Registers a name. GitHub refuses one that it has seen. */
  addRegistration(name: string, registration: Partial<Registration> = {}): Registration {
    if (this.#namesSeen.has(name)) throw new Error(`Already exists - A runner with the name ${name}`);
    this.#namesSeen.add(name);
    const added = { id: ++this.#lastId, name, online: false, busy: false, ...registration };
    this.registrations.set(added.id, added);
    return added;
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
    if (this.registrationOf(name)?.online) this.changeRegistration(name, { busy: true });
  }

  /** Whether a job runs in the guest, whether GitHub shows it or not. */
  hasJob(name: string): boolean {
    return this.unseenJobs.has(name) || this.registrationOf(name)?.busy === true;
  }

  /** What a runner that has finished its job leaves: a stopped instance. */
  finishJob(name: string): void {
    const registration = this.registrationOf(name);
    if (registration) this.registrations.delete(registration.id);
    this.changeMachine(name, { state: "stopped" });
  }

  /** Ends the processes of an instance. GitHub notices that its runner is no longer connected. */
  stopMachine(name: string): void {
    const machine = this.machines.get(name);
    const isAlive = machine?.state === "running" || machine?.state === "frozen";
    if (isAlive && this.hasJob(name)) this.killedJobs.push(name);
    this.changeMachine(name, { state: "stopped" });
    this.changeRegistration(name, { online: false });
  }

  machineNames(): string[] {
    return [...this.machines.keys()].sort();
  }

  registrationNames(): string[] {
    return [...this.registrations.values()].map(({ name }) => name).sort();
  }
}

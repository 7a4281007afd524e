import type {
  FreezeOutcome,
  GuestActivity,
  BootstrapAnswer,
  MachineList,
  MachineNote,
  Machines,
  MachineSpec,
  MachineState,
  StandbySpec,
  Taking,
} from "../../src/runners/ports.ts";
import type { Secret } from "charm-kit";
import type { FakeSite } from "./fake-site.ts";
import type { PortCalls } from "./port-calls.ts";

/** The LXD of a {@link FakeSite}, as one process reaches it. */
export class FakeMachines implements Machines {
  readonly #site: FakeSite;
  readonly #calls: PortCalls;
  /** Delivered payloads, by runner. */
  readonly payloads = new Map<string, Secret>();
  readonly specs = new Map<string, MachineSpec>();

  constructor(site: FakeSite, calls: PortCalls) {
    this.#site = site;
    this.#calls = calls;
  }

  list(signal: AbortSignal): Promise<MachineList> {
    return this.#calls.step("machines.list", signal, () => ({
      runners: [...this.#site.machines.values()],
      standby: [...this.#site.standby.values()],
      images: this.#site.images,
      ...(this.#site.lost && { lost: this.#site.lost }),
    }));
  }

  async launchStandby(spec: StandbySpec, signal: AbortSignal): Promise<void> {
    const { name, template, configHash, deadline } = spec;
    await this.#calls.step("machines.launch", signal, () => {
      this.#refuseClone(name, template);
      this.#site.addStandby(name, { state: "stopped", configHash, deadline });
    });
    try {
      await this.#calls.step("machines.start", signal, () => {
        this.#site.changeStandby(name, { state: "running" });
      });
    } catch (thrown) {
      this.#site.standby.delete(name);
      throw thrown;
    }
  }

  awaitStandby(name: string, signal: AbortSignal): Promise<void> {
    return this.#calls.step("machines.awaitStandby", signal, () => {
      this.#running(name);
    });
  }

  async take(name: string, taking: Taking, signal: AbortSignal): Promise<void> {
    await this.#calls.step("machines.take", signal, () => {
      this.#site.takeStandby(name, taking);
    });
  }

  async launch(spec: MachineSpec, signal: AbortSignal): Promise<void> {
    const { name, template, configHash, scopeKey, deadline } = spec;
    await this.#calls.step("machines.launch", signal, () => {
      this.#refuseClone(name, template);
      this.specs.set(name, spec);
      this.#site.addMachine(name, { state: "stopped", phase: "creating", configHash, scopeKey, deadline });
    });
    try {
      await this.#calls.step("machines.start", signal, () => {
        this.#site.changeMachine(name, { state: "running" });
      });
    } catch (thrown) {
      this.#site.machines.delete(name);
      throw thrown;
    }
  }

  deliver(name: string, payload: Secret, signal: AbortSignal): Promise<BootstrapAnswer> {
    return this.#calls.step("machines.deliver", signal, () => {
      this.#running(name);
      this.payloads.set(name, payload);
      // As config.sh does, before the application starts.
      if (payload.reveal().includes("ACTIONS_RUNNER_INPUT_TOKEN")) this.#site.addRegistration(name);
      return this.#site.startApplication(name);
    });
  }

  note(name: string, note: MachineNote, signal: AbortSignal): Promise<void> {
    return this.#calls.step("machines.note", signal, () => {
      if (!this.#site.machines.has(name)) throw new Error(`Instance '${name}' not found`);
      const { suspectSince, busySince, ...rest } = note;
      this.#site.changeMachine(name, {
        ...rest,
        ...(suspectSince !== undefined && { suspectSince: suspectSince ?? undefined }),
        ...(busySince !== undefined && { busySince: busySince ?? undefined }),
      });
    });
  }

  freeze(name: string, signal: AbortSignal): Promise<FreezeOutcome> {
    return this.#calls.step("machines.freeze", signal, () => {
      if (this.#site.isEvacuated) return "refused";
      if (this.#stateOf(name) === "running") {
        this.#site.changeMachine(name, { state: "frozen" });
        this.#site.changeStandby(name, { state: "frozen" });
      }
      return "done";
    });
  }

  unfreeze(name: string, signal: AbortSignal): Promise<void> {
    return this.#calls.step("machines.unfreeze", signal, () => {
      if (this.#stateOf(name) !== "frozen" || this.#site.isEvacuated) return;
      this.#site.changeMachine(name, { state: "running" });
      this.#site.changeStandby(name, { state: "running" });
    });
  }

  inspect(name: string, signal: AbortSignal): Promise<GuestActivity> {
    return this.#calls.step("machines.inspect", signal, () => this.#site.activity(name));
  }

  async destroy(name: string, signal: AbortSignal): Promise<void> {
    if (this.#site.strangers.has(name)) return;
    await this.#calls.step("machines.destroy", signal, () => {
      this.#site.stopMachine(name);
    });
    await this.#calls.step("machines.delete", signal, () => {
      this.#site.machines.delete(name);
      this.#site.standby.delete(name);
    });
  }

  #refuseClone(name: string, template: string): void {
    if (this.#site.isEvacuated) throw new Error("Cluster member is evacuated");
    const { machines, standby, strangers, templates } = this.#site;
    if (!templates.has(template)) throw new Error(`Instance '${template}' not found`);
    if (machines.has(name) || standby.has(name) || strangers.has(name))
      throw new Error(`Instance '${name}' already exists`);
  }

  #stateOf(name: string): MachineState | undefined {
    return (this.#site.machines.get(name) ?? this.#site.standby.get(name))?.state;
  }

  #running(name: string): void {
    const state = this.#stateOf(name) ?? "absent";
    if (state !== "running") throw new Error(`Instance '${name}' is ${state}`);
  }
}

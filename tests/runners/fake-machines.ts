import type {
  GuestActivity,
  BootstrapAnswer,
  Machine,
  MachineNote,
  Machines,
  MachineSpec,
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

  list(signal: AbortSignal): Promise<readonly Machine[]> {
    return this.#calls.step("machines.list", signal, () => [...this.#site.machines.values()]);
  }

  async launch(spec: MachineSpec, signal: AbortSignal): Promise<void> {
    const { name, template, configHash, scopeKey, deadline } = spec;
    await this.#calls.step("machines.launch", signal, () => {
      if (!this.#site.templates.has(template)) throw new Error(`Instance '${template}' not found`);
      if (this.#site.machines.has(name) || this.#site.strangers.has(name))
        throw new Error(`Instance '${name}' already exists`);
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

  freeze(name: string, signal: AbortSignal): Promise<void> {
    return this.#calls.step("machines.freeze", signal, () => {
      if (this.#site.machines.get(name)?.state === "running") {
        this.#site.changeMachine(name, { state: "frozen" });
      }
    });
  }

  unfreeze(name: string, signal: AbortSignal): Promise<void> {
    return this.#calls.step("machines.unfreeze", signal, () => {
      if (this.#site.machines.get(name)?.state === "frozen") {
        this.#site.changeMachine(name, { state: "running" });
      }
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
    await this.#calls.step("machines.delete", signal, () => this.#site.machines.delete(name));
  }

  #running(name: string): void {
    const state = this.#site.machines.get(name)?.state ?? "absent";
    if (state !== "running") throw new Error(`Instance '${name}' is ${state}`);
  }
}

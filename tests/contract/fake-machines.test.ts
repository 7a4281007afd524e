import type { MachineSpec } from "../../src/runners/ports.ts";
import { FakeMachines } from "../runners/fake-machines.ts";
import { FakeSite } from "../runners/fake-site.ts";
import { PortCalls } from "../runners/port-calls.ts";
import { describeMachines, type MachinesFixture } from "./machines.contract.ts";

describe("FakeMachines", () => {
  describeMachines(() => Promise.resolve(new FakeFixture()));
});

class FakeFixture implements MachinesFixture {
  readonly #site = new FakeSite();
  readonly #calls = new PortCalls();
  readonly machines = new FakeMachines(this.#site, this.#calls);
  readonly source = { template: "template-1", profiles: ["runner"] };
  #names = 0;

  freshName(): string {
    return `runners-0-${++this.#names}`;
  }

  now(): number {
    return this.#site.now;
  }

  unstartable(spec: MachineSpec): MachineSpec {
    this.#calls.failNext("machines.start", new Error("it does not start"));
    return spec;
  }

  addStranger(): Promise<string> {
    const name = `stranger-${++this.#names}`;
    this.#site.strangers.add(name);
    return Promise.resolve(name);
  }

  exists(name: string): Promise<boolean> {
    return Promise.resolve(
      [this.#site.machines, this.#site.standby, this.#site.strangers].some((all) => all.has(name)),
    );
  }

  stop(name: string): Promise<void> {
    this.#site.stopMachine(name);
    return Promise.resolve();
  }

  powerOff(name: string): Promise<void> {
    return this.stop(name);
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}

import type {
  DeregisterOutcome,
  Forge,
  JitRegistration,
  Registration,
  RunnerApplication,
} from "../../src/runners/ports.ts";
import { Secret } from "../../src/support/secret.ts";
import type { FakeSite } from "./fake-site.ts";
import type { PortCalls } from "./port-calls.ts";

/** The GitHub of a {@link FakeSite}, as one process reaches it. */
export class FakeForge implements Forge {
  readonly #site: FakeSite;
  readonly #calls: PortCalls;
  /** Labels that runners were registered with, by runner. */
  readonly labels = new Map<string, readonly string[]>();

  constructor(site: FakeSite, calls: PortCalls) {
    this.#site = site;
    this.#calls = calls;
  }

  list(signal: AbortSignal): Promise<readonly Registration[]> {
    return this.#calls.step("forge.list", signal, () => [...this.#site.registrations.values()]);
  }

  register(name: string, labels: readonly string[], signal: AbortSignal): Promise<JitRegistration> {
    return this.#calls.step("forge.register", signal, () => {
      this.labels.set(name, labels);
      const { id } = this.#site.addRegistration(name);
      return { id, jitConfig: new Secret(`private-key-of-${name}`) };
    });
  }

  deregister(id: number, signal: AbortSignal): Promise<DeregisterOutcome> {
    return this.#calls.step("forge.deregister", signal, () => {
      if (this.#site.registrations.get(id)?.busy) return "busy";
      this.#site.registrations.delete(id);
      return "gone";
    });
  }

  registrationToken(signal: AbortSignal): Promise<Secret> {
    return this.#calls.step("forge.registrationToken", signal, () => new Secret("registration-token"));
  }

  application(): Promise<RunnerApplication> {
    return Promise.reject(new Error("The application is no part of this fake"));
  }
}

import type {
  Arch,
  DeregisterOutcome,
  Forge,
  Registration,
  RunnerApplication,
  RunnerRegistration,
} from "../../src/runners/ports.ts";
import { Secret } from "charm-kit";
import { SCOPE, type FakeSite } from "./fake-site.ts";
import type { PortCalls } from "./port-calls.ts";

const APPLICATION: RunnerApplication = {
  version: "2.337.0",
  filename: "actions-runner-linux-x64-2.337.0.tar.gz",
  downloadUrl: "https://github.com/actions/runner/actions-runner-linux-x64-2.337.0.tar.gz",
  sha256: "ab".repeat(32),
  downloadToken: undefined,
};

/** The GitHub of a {@link FakeSite}, as one process reaches it. */
export class FakeForge implements Forge {
  readonly #site: FakeSite;
  readonly #calls: PortCalls;
  /** Labels that runners were registered with, by runner. */
  readonly labels = new Map<string, readonly string[]>();
  /** Whether runners have to register themselves. */
  lacksJustInTime = false;

  readonly #scope: string;

  constructor(site: FakeSite, calls: PortCalls, scope = SCOPE) {
    this.#scope = scope;
    this.#site = site;
    this.#calls = calls;
  }

  list(signal: AbortSignal): Promise<readonly Registration[]> {
    return this.#calls.step("forge.list", signal, () => this.#site.registrationsAt(this.#scope));
  }

  checkRegistration(signal: AbortSignal): Promise<void> {
    return this.#calls.step("forge.checkRegistration", signal, () => {
      this.#site.checkAccess(this.#scope);
    });
  }

  register(name: string, labels: readonly string[], signal: AbortSignal): Promise<RunnerRegistration> {
    return this.#calls.step("forge.register", signal, () => {
      if (this.lacksJustInTime) {
        return { by: "token", token: new Secret("registration-token"), group: "large" };
      }
      if (this.#site.barred.has(this.#scope)) throw new Error(`${this.#scope} registers no runner`);
      this.labels.set(name, labels);
      const { id } = this.#site.addRegistration(name, {}, this.#scope);
      return { by: "just-in-time", id, jitConfig: new Secret(`private-key-of-${name}`) };
    });
  }

  deregister(id: number, signal: AbortSignal): Promise<DeregisterOutcome> {
    return this.#calls.step("forge.deregister", signal, () => {
      this.#site.checkAccess(this.#scope);
      if (this.#site.registrations.get(id)?.busy) return "busy";
      this.#site.registrations.delete(id);
      return "gone";
    });
  }

  /** There is one for x64 alone. */
  application(arch: Arch, signal: AbortSignal): Promise<RunnerApplication> {
    return this.#calls.step("forge.application", signal, () => {
      if (arch !== "x64") throw new Error(`GitHub offers no application for ${arch}`);
      return APPLICATION;
    });
  }
}

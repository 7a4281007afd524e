import type { HookTools, Status } from "../tools/hook-tools.ts";
import type { RebootTime } from "../tools/model-tools.ts";
import type { SecretMetadata } from "../tools/secret-tools.ts";
import type { ShownStatus } from "../tools/status-tools.ts";
import { JujuSecret } from "./juju-secret.ts";
import { Ports } from "./ports.ts";
import { secretContent, type NewSecretContent } from "./secret-content.ts";

/** The unit that the charm runs for. */
export class Unit {
  /** `app/n`. */
  readonly name: string;
  readonly ports: Ports;
  readonly #tools: HookTools;

  constructor(name: string, tools: HookTools) {
    this.name = name;
    this.ports = new Ports(tools);
    this.#tools = tools;
  }

  /** Shows a status at once; it stays when the hook fails. */
  async setStatus(status: Status): Promise<void> {
    await this.#tools.statusSet(status);
  }

  /** What the unit shows, also a status that only Juju sets, such as `error` or `unknown`. */
  async status(): Promise<ShownStatus> {
    return this.#tools.statusGet();
  }

  /** Tells whether this unit leads its application; yes is good for about 30 seconds, no for the dispatch. */
  async isLeader(): Promise<boolean> {
    return this.#tools.isLeader();
  }

  /** The unit's address, as the controller knows it: for its own model, or for the world. */
  async address(scope: "private" | "public"): Promise<string> {
    return this.#tools.unitGet(`${scope}-address`);
  }

  /**
   * Adds a secret that this unit owns. It is there once the hook has succeeded.
   *
   * @throws {@link SecretContentError} when Juju does not take the content.
   */
  async addSecret(content: NewSecretContent, metadata: SecretMetadata = {}): Promise<JujuSecret> {
    const id = await this.#tools.secretAdd(secretContent(content), "unit", metadata);
    return new JujuSecret({ id, label: metadata.label }, this.#tools);
  }

  /**
   * Restarts the machine: once the hook has succeeded, or now. Now, Juju kills the charm, drops what this dispatch wrote
   * and runs the hook again after the restart. In an action Juju refuses both.
   */
  async reboot(time: RebootTime = "after-hook"): Promise<void> {
    await this.#tools.reboot(time);
  }
}

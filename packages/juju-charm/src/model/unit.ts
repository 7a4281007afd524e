import type { HookTools, Status } from "../tools/hook-tools.ts";
import type { RebootTime } from "../tools/model-tools.ts";
import type { SecretMetadata } from "../tools/secret-tools.ts";
import type { ShownStatus } from "../tools/status-tools.ts";
import { JujuSecret } from "./juju-secret.ts";
import { Ports } from "./ports.ts";
import { secretContent, type NewSecretContent } from "./secret-content.ts";

/** The charm's unit. */
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

  /** Sets the status immediately. It stays when the hook fails. */
  async setStatus(status: Status): Promise<void> {
    await this.#tools.statusSet(status);
  }

  /** The unit's status, including statuses that only Juju sets, such as `error` or `unknown`. */
  async status(): Promise<ShownStatus> {
    return this.#tools.statusGet();
  }

  /** Whether this unit is the leader. `true` is valid for about 30 seconds, `false` for the dispatch. */
  async isLeader(): Promise<boolean> {
    return this.#tools.isLeader();
  }

  /** The unit's address in the controller: within the model, or public. */
  async address(scope: "private" | "public"): Promise<string> {
    return this.#tools.unitGet(`${scope}-address`);
  }

  /**
   * Adds a secret that this unit owns. Juju creates it after the hook succeeds.
   *
   * @throws {@link SecretContentError} when Juju does not accept the content.
   */
  async addSecret(content: NewSecretContent, metadata: SecretMetadata = {}): Promise<JujuSecret> {
    const id = await this.#tools.secretAdd(secretContent(content), "unit", metadata);
    return new JujuSecret({ id, label: metadata.label }, this.#tools);
  }

  /**
   * Restarts the machine after the hook succeeds, or now. With `now`, Juju kills the charm, drops the writes of this
   * dispatch, and runs the hook again after the restart. Juju refuses both in an action.
   */
  async reboot(time: RebootTime = "after-hook"): Promise<void> {
    await this.#tools.reboot(time);
  }
}

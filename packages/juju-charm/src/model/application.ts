import type { HookTools, Status } from "../tools/hook-tools.ts";
import type { SecretMetadata } from "../tools/secret-tools.ts";
import type { ShownApplicationStatus } from "../tools/status-tools.ts";
import { JujuSecret } from "./juju-secret.ts";
import { secretContent, type NewSecretContent } from "./secret-content.ts";

/** The unit's application. */
export class Application {
  readonly name: string;
  readonly #tools: HookTools;

  constructor(name: string, tools: HookTools) {
    this.name = name;
    this.#tools = tools;
  }

  /**
   * Sets the application's status immediately.
   *
   * @throws {@link NotLeaderError} when this unit is not the leader.
   */
  async setStatus(status: Status): Promise<void> {
    await this.#tools.applicationStatusSet(status);
  }

  /**
   * The statuses of the application and its units.
   *
   * @throws {@link NotLeaderError} when this unit is not the leader.
   */
  async status(): Promise<ShownApplicationStatus> {
    return this.#tools.applicationStatusGet();
  }

  /** Sets the workload version. Any unit may set it. */
  async setWorkloadVersion(version: string): Promise<void> {
    await this.#tools.applicationVersionSet(version);
  }

  /** The planned number of units, without dying ones. */
  async plannedUnits(): Promise<number> {
    const { units } = await this.#tools.goalState();
    return Object.values(units).filter(({ status }) => status !== "dying").length;
  }

  /**
   * Adds a secret that the application owns. Juju creates it after the hook succeeds.
   *
   * @throws {@link SecretContentError} when Juju does not accept the content.
   * @throws {@link NotLeaderError} when this unit is not the leader.
   */
  async addSecret(content: NewSecretContent, metadata: SecretMetadata = {}): Promise<JujuSecret> {
    const id = await this.#tools.secretAdd(secretContent(content), "application", metadata);
    return new JujuSecret({ id, label: metadata.label }, this.#tools);
  }
}

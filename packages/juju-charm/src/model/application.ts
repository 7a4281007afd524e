import type { HookTools, Status } from "../tools/hook-tools.ts";
import type { SecretMetadata } from "../tools/secret-tools.ts";
import type { ShownApplicationStatus } from "../tools/status-tools.ts";
import { JujuSecret } from "./juju-secret.ts";
import { secretContent, type NewSecretContent } from "./secret-content.ts";

/** The application that the unit belongs to. */
export class Application {
  readonly name: string;
  readonly #tools: HookTools;

  constructor(name: string, tools: HookTools) {
    this.name = name;
    this.#tools = tools;
  }

  /**
   * Shows the application's status at once.
   *
   * @throws {@link NotLeaderError} when this unit is not the leader.
   */
  async setStatus(status: Status): Promise<void> {
    await this.#tools.applicationStatusSet(status);
  }

  /**
   * What the application and its units show.
   *
   * @throws {@link NotLeaderError} when this unit is not the leader.
   */
  async status(): Promise<ShownApplicationStatus> {
    return this.#tools.applicationStatusGet();
  }

  /** Shows the version of what the charm runs. Any unit may. */
  async setWorkloadVersion(version: string): Promise<void> {
    await this.#tools.applicationVersionSet(version);
  }

  /** How many units the application is to have; those that are going are not counted. */
  async plannedUnits(): Promise<number> {
    const { units } = await this.#tools.goalState();
    return Object.values(units).filter(({ status }) => status !== "dying").length;
  }

  /**
   * Adds a secret that the application owns. It is there once the hook has succeeded.
   *
   * @throws {@link SecretContentError} when Juju does not take the content.
   * @throws {@link NotLeaderError} when this unit is not the leader.
   */
  async addSecret(content: NewSecretContent, metadata: SecretMetadata = {}): Promise<JujuSecret> {
    const id = await this.#tools.secretAdd(secretContent(content), "application", metadata);
    return new JujuSecret({ id, label: metadata.label }, this.#tools);
  }
}

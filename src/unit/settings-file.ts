import { rm } from "node:fs/promises";
import { type Clock, ConditionError, type Logger, messageOf, type Redactor } from "charm-kit";
import { pauseSettings, publishSettings, type ServiceSettings } from "./service-settings.ts";

/** The runner service would go on with other settings than the hook: they would replace each other's runners. */
export class SettingsStuckError extends ConditionError {
  readonly code = "service-settings-stuck";
  readonly remedy = "person";
  override readonly checkedBy = "reconcile";

  constructor(path: string, options: ErrorOptions) {
    super(
      `Cannot change the settings of the runner service: ${path} can neither be written nor deleted (${messageOf(options.cause)}); have its file system mounted writable`,
      options,
    );
  }
}

export interface SettingsFileOptions {
  /** Absolute. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Knows what no file but the settings' own secrets may hold. */
  readonly redactor: Pick<Redactor, "scrub">;
  /** @default {@link publishSettings} */
  readonly publish?: typeof publishSettings;
}

/** The settings of a unit's service, as a hook keeps them. Settings that cannot be replaced are withdrawn. */
export class SettingsFile {
  readonly #options: SettingsFileOptions;
  #published: Omit<ServiceSettings, "revision"> | undefined;

  constructor(options: SettingsFileOptions) {
    this.#options = options;
  }

  /**
   * Puts settings in force.
   *
   * @returns why the service has none, and does nothing; undefined in normal operation.
   * @throws {@link SettingsStuckError} when earlier ones stay in force.
   */
  async publish(settings: Omit<ServiceSettings, "revision">): Promise<string | undefined> {
    const { path, clock, publish = publishSettings } = this.#options;
    this.#published = settings;
    return this.#orWithdraw(publish(path, settings, clock.now()));
  }

  /**
   * Lets the service create nothing new until settings are published again.
   *
   * @throws {@link SettingsStuckError} when it would go on all the same.
   */
  async pause(reason: string): Promise<void> {
    const { path, clock, redactor, publish } = this.#options;
    await this.#orWithdraw(pauseSettings(path, redactor.scrub(reason), clock.now(), publish));
  }

  /** Ends a pause: publishes the last settings again. */
  async resume(): Promise<void> {
    if (this.#published) await this.publish(this.#published);
  }

  async #orWithdraw(work: Promise<void>): Promise<string | undefined> {
    const { path, log } = this.#options;
    try {
      await work;
      return undefined;
    } catch (thrown) {
      await rm(path, { force: true }).catch((cause: unknown) => {
        throw new SettingsStuckError(path, { cause });
      });
      const reason = messageOf(thrown);
      log.warning("The runner service has no settings", { reason });
      return `the runner service has no settings, and hooks replace used runners: ${reason}`;
    }
  }
}

import type { Status } from "juju-charm";

/** Sets the latest of many statuses. Each costs a process, so outdated ones are skipped. */
export class StatusReporter {
  readonly #show: (status: Status) => Promise<void>;
  #latest: Status | undefined;
  #showing: Promise<void> | undefined;

  constructor(show: (status: Status) => Promise<void>) {
    this.#show = show;
  }

  report(status: Status): void {
    this.#latest = status;
    this.#showing ??= this.#drain();
  }

  /** Resolves when the last reported status is set. */
  async settle(): Promise<void> {
    await this.#showing;
  }

  async #drain(): Promise<void> {
    while (this.#latest) {
      const status = this.#latest;
      this.#latest = undefined;
      // A status that cannot be set must not end the work.
      await this.#show(status).catch(() => undefined);
    }
    this.#showing = undefined;
  }
}

import type { Status } from "juju-charm";

/** Shows the latest of many statuses: each costs a process, so what is overtaken meanwhile is passed over. */
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

  /** Resolves when the last reported status is shown. */
  async settle(): Promise<void> {
    await this.#showing;
  }

  async #drain(): Promise<void> {
    while (this.#latest) {
      const status = this.#latest;
      this.#latest = undefined;
      // A status that cannot be shown must not end the work it tells about.
      await this.#show(status).catch(() => undefined);
    }
    this.#showing = undefined;
  }
}

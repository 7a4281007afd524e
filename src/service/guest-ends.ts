import { watch, type FSWatcher } from "node:fs";
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, type Logger } from "charm-kit";

export interface GuestEndsOptions {
  /** Absolute path of the directory that a runner's guest writes to. */
  readonly shareOf: (runner: string) => string;
  /** Name of the file that a guest writes there when its application has ended. */
  readonly file: string;
  /** Called once for each runner. */
  readonly onEnd: () => void;
  readonly log: Logger;
}

/** Most events of one guest, which writes a handful of files: one that writes for ever is no longer listened to. */
const MOST_EVENTS = 200;

/**
 * Hears of the end of a runner's application from its guest, a second before LXD tells that its instance has powered off.
 * Untrusted: a guest can say it at any time, so that it is a reason to look and nothing more. Best effort: LXD's events tell
 * of each end, too.
 */
export class GuestEnds {
  readonly #options: GuestEndsOptions;
  /** Undefined for a runner that is no longer listened to. */
  readonly #watchers = new Map<string, FSWatcher | undefined>();

  constructor(options: GuestEndsOptions) {
    this.#options = options;
  }

  /** Listens to these runners, and to no others. */
  follow(runners: readonly string[]): void {
    for (const runner of this.#watchers.keys()) {
      if (runners.includes(runner)) continue;
      this.#leave(runner);
      this.#watchers.delete(runner);
    }
    for (const runner of runners) if (!this.#watchers.has(runner)) this.#listen(runner);
  }

  close(): void {
    this.follow([]);
  }

  #listen(runner: string): void {
    const { file, log, shareOf } = this.#options;
    const share = shareOf(runner);
    let events = 0;
    try {
      const watcher = watch(share, { persistent: false }, (_event, name) => {
        events += 1;
        if (name === file) this.#tell(runner);
        else if (events > MOST_EVENTS) this.#leave(runner);
      });
      this.#watchers.set(runner, watcher);
      watcher.on("error", () => {
        this.#leave(runner);
      });
      // It may have ended before.
      lstat(join(share, file)).then(
        () => {
          this.#tell(runner);
        },
        () => undefined,
      );
    } catch (thrown) {
      // A runner without a share, or a machine without watches.
      this.#watchers.set(runner, undefined);
      log.debug("Cannot follow the ends of runners in their shares; LXD's events are followed", {
        runner,
        reason: messageOf(thrown),
      });
    }
  }

  #tell(runner: string): void {
    if (this.#watchers.get(runner) === undefined) return;
    this.#leave(runner);
    this.#options.onEnd();
  }

  #leave(runner: string): void {
    this.#watchers.get(runner)?.close();
    this.#watchers.set(runner, undefined);
  }
}

import { watch, type FSWatcher } from "node:fs";
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, type Clock, type Logger } from "charm-kit";
import { PRE_JOB_FILE, readPreJob, Refusal } from "../metrics/guest-file-content.ts";
import { readGuestFile } from "../metrics/guest-file.ts";

export interface GuestWordsOptions {
  /** Absolute path of the directory that a runner's guest writes to. */
  readonly shareOf: (runner: string) => string;
  /** Name of the file that a guest writes there when its application has ended. */
  readonly file: string;
  /** Called once for each runner. */
  readonly onEnd: () => void;
  /** Called once for each runner, when its guest has written what a guest writes before the first step of a job. */
  readonly onJob: (runner: string) => void;
  readonly clock: Pick<Clock, "now">;
  readonly log: Logger;
}

/** Most events of one guest, which writes a handful of files: one that writes for ever is no longer listened to. */
const MOST_EVENTS = 200;

/** A runner that is listened to. */
interface Listening {
  readonly watcher: FSWatcher;
  events: number;
  hasJob: boolean;
  /** Whether the file of the job is being read. */
  isReading: boolean;
  /** Whether it was written meanwhile. */
  isAgain: boolean;
}

/**
 * Hears from a runner's guest that a job has begun, before GitHub is asked, and that its application has ended, a second
 * before LXD tells that its instance has powered off. Untrusted: a guest can say either at any time, so that a job is shown
 * and an end is a reason to look, and nothing more. Best effort: GitHub's list and LXD's events tell of both, too.
 */
export class GuestWords {
  readonly #options: GuestWordsOptions;
  /** Undefined for a runner that is no longer listened to. */
  readonly #runners = new Map<string, Listening | undefined>();

  constructor(options: GuestWordsOptions) {
    this.#options = options;
  }

  /** Listens to these runners, and to no others. */
  follow(runners: readonly string[]): void {
    for (const runner of this.#runners.keys()) {
      if (runners.includes(runner)) continue;
      this.#leave(runner);
      this.#runners.delete(runner);
    }
    for (const runner of runners) if (!this.#runners.has(runner)) this.#listen(runner);
  }

  close(): void {
    this.follow([]);
  }

  #listen(runner: string): void {
    const { file, log, shareOf } = this.#options;
    const share = shareOf(runner);
    try {
      const watcher = watch(share, { persistent: false }, (_event, name) => {
        this.#hear(runner, name);
      });
      const listening = { watcher, events: 0, hasJob: false, isReading: false, isAgain: false };
      this.#runners.set(runner, listening);
      watcher.on("error", () => {
        this.#leave(runner);
      });
      // Both may have been before.
      this.#readJob(runner, listening);
      lstat(join(share, file)).then(
        () => {
          this.#tellEnd(runner);
        },
        () => undefined,
      );
    } catch (thrown) {
      // A runner without a share, or a machine without watches.
      this.#runners.set(runner, undefined);
      log.debug("Cannot listen to runners in their shares; LXD's events and GitHub's list are followed", {
        runner,
        reason: messageOf(thrown),
      });
    }
  }

  #hear(runner: string, name: string | null): void {
    const listening = this.#runners.get(runner);
    if (listening === undefined) return;
    listening.events += 1;
    if (name === this.#options.file) this.#tellEnd(runner);
    else if (listening.events > MOST_EVENTS) this.#leave(runner);
    else if (name === PRE_JOB_FILE) this.#readJob(runner, listening);
  }

  /** One reading at a time, whatever a guest writes meanwhile. A file that is refused says nothing. */
  #readJob(runner: string, listening: Listening): void {
    if (listening.hasJob) return;
    listening.isAgain = listening.isReading;
    if (listening.isReading) return;
    listening.isReading = true;
    const told = this.#isJobTold(runner).then((isTold) => {
      if (!isTold || this.#runners.get(runner) !== listening) return;
      listening.hasJob = true;
      this.#options.onJob(runner);
    });
    const read = () => {
      listening.isReading = false;
      if (listening.isAgain) this.#readJob(runner, listening);
    };
    // The share may be gone.
    told.then(read, read);
  }

  async #isJobTold(runner: string): Promise<boolean> {
    const { clock, shareOf } = this.#options;
    const content = await readGuestFile(join(shareOf(runner), PRE_JOB_FILE));
    return Buffer.isBuffer(content) && !(readPreJob(content, clock.now() / 1000) instanceof Refusal);
  }

  #tellEnd(runner: string): void {
    if (this.#runners.get(runner) === undefined) return;
    this.#leave(runner);
    this.#options.onEnd();
  }

  #leave(runner: string): void {
    this.#runners.get(runner)?.watcher.close();
    this.#runners.set(runner, undefined);
  }
}

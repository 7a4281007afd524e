import type { RunProcess } from "charm-kit";

const LIMIT_MS = 10_000;

/** Tells systemd how the service is. Without systemd's socket in the environment, nobody is told. */
export class SystemdNotify {
  readonly #run: RunProcess;
  readonly #isWatched: boolean;

  /** @param env the environment, in which systemd names its socket. */
  constructor(run: RunProcess, env: Readonly<Record<string, string | undefined>>) {
    this.#run = run;
    this.#isWatched = Boolean(env["NOTIFY_SOCKET"]);
  }

  /**
   * Sends states of sd_notify(3), such as `READY=1`. Node.js has no datagram socket, so systemd's own program sends them.
   *
   * @throws nothing: a lost message is told by systemd's watchdog.
   */
  async tell(states: readonly string[], signal: AbortSignal): Promise<void> {
    if (!this.#isWatched) return;
    const words = ["systemd-notify", `--pid=${process.pid}`, ...states];
    await this.#run(words, { action: "tell systemd how the service is", limitMs: LIMIT_MS, signal }).catch(
      () => undefined,
    );
  }
}

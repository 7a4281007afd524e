import { readFile, rm } from "node:fs/promises";
import {
  type Logger,
  type RunProcess,
  messageOf,
  removeFile,
  runOrFail,
  writeFileAtomically,
} from "charm-kit";

/** Settings and services of a {@link LogRotation}. */
export interface LogRotationOptions {
  /** Absolute path of the metrics log. */
  readonly logPath: string;
  /** Absolute path of the logrotate configuration. */
  readonly configPath: string;
  /** Whether systemd is PID 1. */
  readonly hasSystemd: () => boolean;
  readonly run: RunProcess;
  readonly log: Logger;
}

const SYSTEMCTL_MS = 30_000;

/** Rotates the metrics log with the machine's logrotate. All units of the machine share it. */
export class LogRotation {
  readonly #options: LogRotationOptions;
  /** A process that stays tries again every few minutes. */
  #toldReason: string | undefined;

  constructor(options: LogRotationOptions) {
    this.#options = options;
  }

  /** Configures the rotation. On failure, logs each new reason as a warning; the metrics still work. */
  async ensure(signal: AbortSignal): Promise<void> {
    const { configPath, logPath, hasSystemd, run, log } = this.#options;
    const wanted = rotationConfig(logPath);
    try {
      if ((await readFile(configPath, "utf8").catch(() => "")) === wanted) return;
      if (hasSystemd()) {
        const options = { action: "enable logrotate.timer", limitMs: SYSTEMCTL_MS, signal };
        await runOrFail(run, ["systemctl", "enable", "--now", "logrotate.timer"], options);
      }
      // Last, since the file marks the configuration as complete.
      await writeFileAtomically(configPath, wanted, { mode: 0o644 });
    } catch (thrown) {
      signal.throwIfAborted();
      const reason = messageOf(thrown);
      if (reason === this.#toldReason) return;
      this.#toldReason = reason;
      log.warning("The metrics log is not rotated; install logrotate (apt install logrotate)", { reason });
    }
  }

  /** Removes the log and its rotation. `logrotate.timer` stays, since others use it. */
  async remove(): Promise<void> {
    const { configPath, logPath } = this.#options;
    await removeFile(configPath);
    await rm(logPath, { force: true });
  }
}

/** The logrotate configuration: a new log each week. */
export function rotationConfig(logPath: string): string {
  return `${logPath} {
    weekly
    rotate 0
    create
    missingok
    notifempty
}
`;
}

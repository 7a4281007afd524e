import { readFile, rm } from "node:fs/promises";
import { messageOf, removeFile, writeFileAtomically, type Logger } from "charm-kit";
import { runWell, type Run } from "./run.ts";

/** What a {@link LogRotation} is made of. */
export interface LogRotationOptions {
  /** Absolute path of the metrics log. */
  readonly logPath: string;
  /** Absolute path of the file for logrotate. */
  readonly configPath: string;
  /** Tells whether systemd runs this machine. */
  readonly hasSystemd: () => boolean;
  readonly run: Run;
  readonly log: Logger;
}

const SYSTEMCTL_MS = 30_000;

/** Rotation of the metrics log by the machine's logrotate. It belongs to all units of the machine. */
export class LogRotation {
  readonly #options: LogRotationOptions;

  constructor(options: LogRotationOptions) {
    this.#options = options;
  }

  /** Has the log rotated. A machine on which that cannot be had keeps its metrics; it is logged. */
  async ensure(signal: AbortSignal): Promise<void> {
    const { configPath, logPath, hasSystemd, run, log } = this.#options;
    const wanted = rotationConfig(logPath);
    try {
      if ((await readFile(configPath, "utf8").catch(() => "")) === wanted) return;
      if (hasSystemd()) {
        const options = { action: "enable logrotate.timer", limitMs: SYSTEMCTL_MS, signal };
        await runWell(run, ["systemctl", "enable", "--now", "logrotate.timer"], options);
      }
      // Last: the file says that all is done.
      await writeFileAtomically(configPath, wanted, { mode: 0o644 });
    } catch (thrown) {
      signal.throwIfAborted();
      log.warning("The metrics log is not rotated", { reason: messageOf(thrown) });
    }
  }

  /** Takes the log and its rotation away; `logrotate.timer` serves others too and stays. */
  async remove(): Promise<void> {
    const { configPath, logPath } = this.#options;
    await removeFile(configPath);
    await rm(logPath, { force: true });
  }
}

/** The file for logrotate: each week the log begins anew. */
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

import type { LogLevel } from "charm-kit";

/** The log tool. */
export interface LogTools {
  /** `juju-log`. */
  log(level: LogLevel, message: string): Promise<void>;
}

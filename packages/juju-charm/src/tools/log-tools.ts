import type { LogLevel } from "charm-kit";

/** The tool that writes the model's log. */
export interface LogTools {
  /** `juju-log`. */
  log(level: LogLevel, message: string): Promise<void>;
}

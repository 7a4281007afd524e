import type { LogLevel } from "../../support/log.ts";
import { writingTool, type HookTool } from "./hook-tool.ts";
import { assertAtMost } from "../../juju/tool-arguments.ts";
import { ToolError, usageError } from "../../juju/tool-error.ts";

const LEVELS: readonly string[] = ["CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG", "TRACE"];

const jujuLog: HookTool = {
  name: "juju-log",
  usage: "[options] <message>",
  flags: { debug: "switch", "log-level": "value", l: "value", format: "value" },
  run: ({ context, flags, words }) => {
    if (words.length === 0) throw usageError("no message specified");
    const wanted = flags["debug"] === "true" ? "DEBUG" : (flags["log-level"] ?? flags["l"] ?? "INFO");
    const level = wanted.toUpperCase();
    if (!isLevel(level))
      context.effects.log("juju-log", "WARNING", `Specified log level of "${wanted}" is not valid`);
    context.effects.log("juju-log", isLevel(level) ? level : "INFO", words.join(" "));
    return {};
  },
};

const jujuReboot = writingTool({
  name: "juju-reboot",
  usage: "[--now]",
  flags: { now: "switch" },
  write: ({ context, flags, words }) => {
    assertAtMost(words, 0);
    if (context.task.kind === "action")
      throw new ToolError("juju-reboot is not supported when running an action.");
    context.pending.reboot = true;
    if (flags["now"] === "true") context.effects.rebootNow();
  },
});

function isLevel(level: string): level is LogLevel {
  return LEVELS.includes(level);
}

export const LOG_TOOLS: readonly HookTool[] = [jujuLog, jujuReboot];

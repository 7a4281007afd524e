import { AgentRequestError } from "../agent-errors.ts";
import type { ExecOutcome } from "../script-runner.ts";
import { targetUnit } from "./target.ts";
import { readArguments, readWord, type Command, type CommandCall } from "./command.ts";

export const execCommand: Command = {
  name: "exec",
  usage: "[--unit UNIT] -- <command>...",
  summary: "Run a shell command in a unit, with its hook tools",
  run: async (call) => {
    const { values, positionals } = readArguments(call.argv, { unit: { type: "string" } });
    if (positionals.length === 0)
      throw new AgentRequestError("Cannot read the command line: give a command after --");
    const unit = await targetUnit(call.agent, values.unit);
    return pass(call, await call.agent.exec(unit, positionals.join(" "), call.signal));
  },
};

export const dispatchEventCommand: Command = {
  name: "dispatch-event",
  usage: "[--unit UNIT] <event>",
  summary: "Dispatch a custom event of the charm, as its timers do",
  run: async (call) => {
    const { values, positionals } = readArguments(call.argv, { unit: { type: "string" } });
    const event = readWord(positionals, "event");
    const unit = await targetUnit(call.agent, values.unit);
    return pass(call, await call.agent.dispatchEvent(unit, event, call.signal));
  },
};

function pass({ print, printError }: CommandCall, { exitCode, stdout, stderr }: ExecOutcome): number {
  print(stdout);
  printError(stderr);
  return exitCode < 0 ? 1 : exitCode;
}

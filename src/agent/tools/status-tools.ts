import type { StatusName } from "../../framework/tools/hook-tools.ts";
import type { StatusRecord } from "../state/agent-state.ts";
import { applicationStatus, shownStatus } from "../state/shown-status.ts";
import type { HookContext } from "../hooks/hook-context.ts";
import { readingTool, writingTool, type HookTool } from "./hook-tool.ts";
import { assertAtMost } from "../../juju/tool-arguments.ts";
import { ToolError, usageError } from "../../juju/tool-error.ts";

const SETTABLE: readonly string[] = ["maintenance", "blocked", "waiting", "active"];

const statusSet = writingTool({
  name: "status-set",
  usage: "<maintenance | blocked | waiting | active> [message]",
  flags: { application: "switch" },
  write: async ({ context, flags, words }) => {
    const [name, message = ""] = words;
    if (name === undefined) throw usageError("invalid args, require <status> [message]");
    if (!isSettable(name))
      throw usageError(`invalid status "${name}", expected one of [${SETTABLE.join(" ")}]`);
    assertAtMost(words, 2);
    if (flags["application"] !== "true") return context.effects.setStatus(name, message);
    if (!context.isLeader) throw new ToolError("this unit is not the leader");
    return context.effects.setApplicationStatus(name, message);
  },
});

const statusGet = readingTool({
  name: "status-get",
  usage: "",
  flags: { "include-data": "switch", application: "switch" },
  read: ({ context, flags, words }) => {
    assertAtMost(words, 0);
    const withData = flags["include-data"] === "true";
    if (flags["application"] === "true") return applicationAnswer(context, withData);
    const status = context.status();
    // Without data the smart format is the bare word.
    return withData || (flags["format"] ?? "smart") !== "smart" ? answer(status, withData) : status.name;
  },
});

function applicationAnswer(context: HookContext, withData: boolean): object {
  if (!context.isLeader) throw new ToolError("finding application status: this unit is not the leader");
  const state = context.state();
  const units = Object.values(state.units).filter((unit) => unit.application === context.application);
  return {
    "application-status": {
      ...answer(applicationStatus(state, context.application), withData),
      units: Object.fromEntries(units.map((unit) => [unit.name, answer(shownStatus(unit), withData)])),
    },
  };
}

function answer(status: StatusRecord, withData: boolean): object {
  return withData
    ? { status: status.name, message: status.message, "status-data": {} }
    : { status: status.name };
}

function isSettable(name: string): name is StatusName {
  return SETTABLE.includes(name);
}

export const STATUS_TOOLS: readonly HookTool[] = [statusSet, statusGet];

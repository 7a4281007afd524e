import type { ToolAnswer } from "../hook-tool.ts";
import type { JujuLogLevel, NamedStatus, SettableStatus, UnitBackend } from "../juju-backend.ts";
import { assertAtMost } from "../tool-arguments.ts";
import { usageError } from "../tool-error.ts";
import { readingTool, writingTool, type HookTool, type ToolCall } from "./backend-tool.ts";

const SETTABLE: readonly string[] = [
  "maintenance",
  "blocked",
  "waiting",
  "active",
] satisfies SettableStatus[];
const LEVELS: readonly string[] = [
  "CRITICAL",
  "ERROR",
  "WARNING",
  "INFO",
  "DEBUG",
  "TRACE",
] satisfies JujuLogLevel[];

export const UNIT_TOOLS: readonly HookTool[] = [
  readingTool({
    name: "config-get",
    usage: "[<key>]",
    flags: { all: "switch", a: "switch" },
    read: readConfig,
  }),
  readingTool({
    name: "is-leader",
    usage: "",
    read: ({ context, words }) => {
      assertAtMost(words, 0);
      return context.unit.isLeader();
    },
  }),
  readingTool({
    name: "goal-state",
    usage: "",
    format: "yaml",
    read: ({ context, words }) => {
      assertAtMost(words, 0);
      return context.unit.goalState();
    },
  }),
  readingTool({ name: "credential-get", usage: "", read: ({ context }) => context.unit.credential() }),
  writingTool({
    name: "application-version-set",
    usage: "<new-version>",
    write: async ({ context, words }) => {
      const [version] = words;
      if (version === undefined) throw usageError("no version specified");
      assertAtMost(words, 1);
      await context.unit.setWorkloadVersion(version);
    },
  }),
  writingTool({
    name: "status-set",
    usage: "<maintenance | blocked | waiting | active> [message]",
    flags: { application: "switch" },
    write: setStatus,
  }),
  readingTool({
    name: "status-get",
    usage: "",
    flags: { "include-data": "switch", application: "switch" },
    read: readStatus,
  }),
  {
    name: "juju-log",
    usage: "[options] <message>",
    flags: { debug: "switch", "log-level": "value", l: "value", format: "value" },
    run: writeLog,
  },
  writingTool({
    name: "juju-reboot",
    usage: "[--now]",
    flags: { now: "switch" },
    write: ({ context, flags, words }) => {
      assertAtMost(words, 0);
      context.unit.reboot(flags["now"] === "true" ? "now" : "after-hook");
    },
  }),
];

function readConfig({ context, flags, words }: ToolCall): unknown {
  assertAtMost(words, 1);
  const all = (flags["all"] ?? flags["a"]) === "true";
  const [key] = words;
  if (all && key !== undefined) throw usageError(`cannot use argument --all together with key "${key}"`);
  const config = context.unit.config();
  if (key !== undefined) return Object.hasOwn(config, key) ? config[key] : null;
  const unset = all ? context.unit.optionNames().map((name) => [name, null] as const) : [];
  return { ...Object.fromEntries(unset), ...config };
}

async function setStatus({ context, flags, words }: ToolCall): Promise<void> {
  const [name, message = ""] = words;
  if (name === undefined) throw usageError("invalid args, require <status> [message]");
  if (!isSettable(name))
    throw usageError(`invalid status "${name}", expected one of [${SETTABLE.join(" ")}]`);
  assertAtMost(words, 2);
  const status = { name, message };
  if (flags["application"] === "true") await context.unit.setAppStatus(status);
  else await context.unit.setStatus(status);
}

function readStatus({ context, flags, words }: ToolCall): unknown {
  assertAtMost(words, 0);
  const withData = flags["include-data"] === "true";
  const show = ({ name, message }: NamedStatus) =>
    withData ? { status: name, message, "status-data": {} } : { status: name };
  if (flags["application"] === "true") {
    const { units, ...status } = context.unit.appStatus();
    const shown = Object.entries(units).map(([unit, its]) => [unit, show(its)] as const);
    return { "application-status": { ...show(status), units: Object.fromEntries(shown) } };
  }
  const status = unitStatus(context.unit);
  // Without data the smart format prints only the name.
  return withData || (flags["format"] ?? "smart") !== "smart" ? show(status) : status.name;
}

/** The status as Juju first read it in each context. */
const readStatuses = new WeakMap<UnitBackend, NamedStatus>();

/** Juju reads the unit's status once in a context: after a read, status-get does not show what status-set changes. */
function unitStatus(unit: UnitBackend): NamedStatus {
  const known = readStatuses.get(unit);
  if (known) return known;
  const status = unit.status();
  readStatuses.set(unit, status);
  return status;
}

function writeLog({ context, flags, words }: ToolCall): ToolAnswer {
  if (words.length === 0) throw usageError("no message specified");
  const wanted = flags["debug"] === "true" ? "DEBUG" : (flags["log-level"] ?? flags["l"] ?? "INFO");
  const level = wanted.toUpperCase();
  if (!isLevel(level)) context.unit.log("WARNING", `Specified log level of "${wanted}" is not valid`);
  context.unit.log(isLevel(level) ? level : "INFO", words.join(" "));
  return {};
}

function isSettable(name: string): name is SettableStatus {
  return SETTABLE.includes(name);
}

function isLevel(level: string): level is JujuLogLevel {
  return LEVELS.includes(level);
}

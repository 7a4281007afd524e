import { readingTool, writingTool, type HookTool } from "./hook-tool.ts";
import { assertAtMost } from "../../juju/tool-arguments.ts";
import { usageError } from "../../juju/tool-error.ts";

const configGet = readingTool({
  name: "config-get",
  usage: "[<key>]",
  flags: { all: "switch", a: "switch" },
  read: ({ context, flags, words }) => {
    assertAtMost(words, 1);
    const all = (flags["all"] ?? flags["a"]) === "true";
    const [key] = words;
    if (all && key !== undefined) throw usageError(`cannot use argument --all together with key "${key}"`);
    if (key !== undefined) return Object.hasOwn(context.config, key) ? context.config[key] : null;
    const unset = Object.keys(context.options).map((name) => [name, null]);
    return { ...(all ? (Object.fromEntries(unset) as object) : {}), ...context.config };
  },
});

const isLeader = readingTool({
  name: "is-leader",
  usage: "",
  read: ({ context, words }) => {
    assertAtMost(words, 0);
    return context.isLeader;
  },
});

const applicationVersionSet = writingTool({
  name: "application-version-set",
  usage: "<new-version>",
  write: async ({ context, words }) => {
    const [version] = words;
    if (version === undefined) throw usageError("no version specified");
    assertAtMost(words, 1);
    await context.effects.setWorkloadVersion(version);
  },
});

/** What a unit may know of its application. */
export const CONFIGURATION_TOOLS: readonly HookTool[] = [configGet, isLeader, applicationVersionSet];

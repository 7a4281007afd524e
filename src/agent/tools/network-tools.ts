import { shownStatus } from "../state/shown-status.ts";
import type { HookContext } from "../hooks/hook-context.ts";
import { readingTool, type HookTool } from "./hook-tool.ts";
import { assertAtMost } from "../../juju/tool-arguments.ts";
import { ToolError, usageError } from "../../juju/tool-error.ts";

const unitGet = readingTool({
  name: "unit-get",
  usage: "<setting>",
  read: ({ context, words }) => {
    const [setting] = words;
    if (setting === undefined) throw usageError("no setting specified");
    if (setting !== "private-address" && setting !== "public-address") {
      throw usageError(`unknown setting "${setting}"`);
    }
    assertAtMost(words, 1);
    return context.address.value;
  },
});

const networkGet = readingTool({
  name: "network-get",
  usage: "<binding-name> [--ingress-address] [--bind-address] [--egress-subnets] [--primary-address]",
  flags: {
    "bind-address": "switch",
    "ingress-address": "switch",
    "egress-subnets": "switch",
    "primary-address": "switch",
    r: "value",
    relation: "value",
  },
  read: ({ context, flags, words }) => {
    const [binding] = words;
    if (binding === undefined) throw usageError("no arguments specified");
    if (binding === "") throw usageError("no binding name specified");
    assertAtMost(words, 1);
    if (binding !== "juju-info") throw new ToolError(`no network config found for binding "${binding}"`);
    return networkAnswer(context, Object.keys(flags));
  },
});

function networkAnswer(context: HookContext, flags: readonly string[]): unknown {
  const { interfaceName, macAddress, value, cidr } = context.address;
  const egress = [`${value}/${value.includes(":") ? 128 : 32}`];
  const asked = flags.filter((flag) => flag.includes("address") || flag === "egress-subnets");
  if (asked.includes("primary-address")) {
    if (asked.length > 1) throw new ToolError("--primary-address must be the only flag specified");
    return value;
  }
  const short: Readonly<Record<string, unknown>> = {
    "bind-address": value,
    "ingress-address": value,
    "egress-subnets": egress,
  };
  if (asked.length === 1) return short[asked[0] ?? ""];
  if (asked.length > 1) return Object.fromEntries(asked.map((flag) => [flag, short[flag]]));
  const addresses = [{ hostname: "", value, cidr }];
  return {
    "bind-addresses": [{ "mac-address": macAddress, "interface-name": interfaceName, addresses }],
    "egress-subnets": egress,
    "ingress-addresses": [value],
  };
}

const goalState = readingTool({
  name: "goal-state",
  usage: "",
  format: "yaml",
  read: ({ context, words }) => {
    assertAtMost(words, 0);
    const units = Object.values(context.state().units)
      .filter((unit) => unit.application === context.application)
      .map((unit) => {
        const status = shownStatus(unit);
        const since = `${status.since.slice(0, 19).replace("T", " ")}Z`;
        return [unit.name, { status: unit.life === "dying" ? "dying" : status.name, since }] as const;
      });
    return { units: Object.fromEntries(units), relations: {} };
  },
});

export const NETWORK_TOOLS: readonly HookTool[] = [unitGet, networkGet, goalState];

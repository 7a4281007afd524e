import { comparePortRanges, parsePortRange, showPortRange } from "../port-range.ts";
import { assertAtMost } from "../tool-arguments.ts";
import { ToolError, usageError } from "../tool-error.ts";
import { RELATION_FLAG } from "./relation-flag.ts";
import { readingTool, writingTool, type HookTool, type ToolCall } from "./backend-tool.ts";

const ENDPOINTS = { endpoints: "value" } as const;
const PORTS = "<port>[/<protocol>] or <from>-<to>[/<protocol>] or icmp";

export const NETWORK_TOOLS: readonly HookTool[] = [
  readingTool({
    name: "unit-get",
    usage: "<setting>",
    read: ({ context, words }) => {
      const [setting] = words;
      if (setting === undefined) throw usageError("no setting specified");
      if (setting !== "private-address" && setting !== "public-address") {
        throw usageError(`unknown setting "${setting}"`);
      }
      assertAtMost(words, 1);
      return context.network.address();
    },
  }),
  readingTool({
    name: "network-get",
    usage: "<binding-name> [--ingress-address] [--bind-address] [--egress-subnets] [--primary-address]",
    flags: {
      ...RELATION_FLAG,
      "bind-address": "switch",
      "ingress-address": "switch",
      "egress-subnets": "switch",
      "primary-address": "switch",
    },
    read: readNetwork,
  }),
  writingTool({
    name: "open-port",
    usage: PORTS,
    flags: ENDPOINTS,
    write: ({ context, words }) => {
      context.network.open(onePort(words));
    },
  }),
  writingTool({
    name: "close-port",
    usage: PORTS,
    flags: ENDPOINTS,
    write: ({ context, words }) => {
      context.network.close(onePort(words));
    },
  }),
  readingTool({
    name: "opened-ports",
    usage: "",
    flags: { endpoints: "switch" },
    read: ({ context, flags, words }) => {
      assertAtMost(words, 0);
      const ports = context.network.opened().map(parsePortRange).sort(comparePortRanges).map(showPortRange);
      return flags["endpoints"] === "true" ? ports.map((port) => `${port} (*)`) : ports;
    },
  }),
];

function readNetwork({ context, flags, words }: ToolCall): unknown {
  const [binding] = words;
  if (binding === undefined) throw usageError("no arguments specified");
  if (binding === "") throw usageError("no binding name specified");
  assertAtMost(words, 1);
  const { bindAddresses, ingressAddresses, egressSubnets } = context.network.info(binding);
  const first = bindAddresses[0]?.addresses[0]?.value;
  const short: Readonly<Record<string, unknown>> = {
    "bind-address": first,
    "ingress-address": ingressAddresses[0],
    "egress-subnets": egressSubnets,
  };
  const asked = Object.keys(flags).filter((flag) => flag === "primary-address" || flag in short);
  if (asked.includes("primary-address")) {
    if (asked.length > 1) throw new ToolError("--primary-address must be the only flag specified");
    return first;
  }
  if (asked.length === 1) return short[asked[0] ?? ""];
  if (asked.length > 1) return Object.fromEntries(asked.map((flag) => [flag, short[flag]]));
  // Juju omits empty lists.
  return Object.fromEntries(
    Object.entries({
      "bind-addresses": bindAddresses.map(({ name, macAddress, addresses }) => ({
        "mac-address": macAddress,
        "interface-name": name,
        addresses,
      })),
      "egress-subnets": egressSubnets,
      "ingress-addresses": ingressAddresses,
    }).filter(([, list]) => list.length > 0),
  );
}

function onePort(words: readonly string[]): string {
  const [text] = words;
  if (text === undefined) throw usageError("no port or range specified");
  assertAtMost(words, 1);
  return showPortRange(parsePortRange(text));
}

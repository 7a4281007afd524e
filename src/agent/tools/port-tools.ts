import type { HookContext } from "../hooks/hook-context.ts";
import { readingTool, writingTool, type HookTool } from "./hook-tool.ts";
import { parsePortRange, rangesConflict, showPortRange } from "../../juju/port-range.ts";
import { assertAtMost } from "../../juju/tool-arguments.ts";
import { ToolError, usageError } from "../../juju/tool-error.ts";

// Endpoints are bound to nothing on a single machine, so a port is open for all of them.
const ENDPOINTS = { endpoints: "value" } as const;
const PORTS = "<port>[/<protocol>] or <from>-<to>[/<protocol>] or icmp";

const openPort = writingTool({
  name: "open-port",
  usage: PORTS,
  flags: ENDPOINTS,
  write: ({ context, words }) => {
    const ports = onePort(words);
    if (context.pending.ports.includes(ports)) return;
    assertFree(context, ports);
    context.pending.ports = [...context.pending.ports, ports];
  },
});

const closePort = writingTool({
  name: "close-port",
  usage: PORTS,
  flags: ENDPOINTS,
  write: ({ context, words }) => {
    const ports = onePort(words);
    context.pending.ports = context.pending.ports.filter((open) => open !== ports);
  },
});

const openedPorts = readingTool({
  name: "opened-ports",
  usage: "",
  flags: { endpoints: "switch" },
  read: ({ context, flags, words }) => {
    assertAtMost(words, 0);
    const ports = context.pending.ports
      .map(parsePortRange)
      .sort((left, right) => left.protocol.localeCompare(right.protocol) || left.from - right.from)
      .map(showPortRange);
    return flags["endpoints"] === "true" ? ports.map((range) => `${range} (*)`) : ports;
  },
});

function onePort(words: readonly string[]): string {
  const [text] = words;
  if (text === undefined) throw usageError("no port or range specified");
  assertAtMost(words, 1);
  return showPortRange(parsePortRange(text));
}

/** Units of one machine share its ports. */
function assertFree(context: HookContext, wanted: string): void {
  const own = { name: context.unit, ports: context.pending.ports };
  const others = Object.values(context.state().units).filter((unit) => unit.name !== context.unit);
  for (const unit of [own, ...others]) {
    const taken = unit.ports.find((open) => rangesConflict(parsePortRange(open), parsePortRange(wanted)));
    if (taken === undefined) continue;
    // ICMP has no ports to fight over.
    if (taken === "icmp") continue;
    throw new ToolError(
      `cannot open ${wanted} (unit "${context.unit}"): port range conflicts with ${taken} (unit "${unit.name}")`,
    );
  }
}

export const PORT_TOOLS: readonly HookTool[] = [openPort, closePort, openedPorts];

import type { NetworkTools } from "../network-tools.ts";
import { parsePortSpec, portSpec } from "../port-spec.ts";
import { readNetworkInfo } from "./read-network-info.ts";
import { unexpectedAnswer, type ToolCaller } from "./tool-caller.ts";

/** `network-get`, `unit-get` and the port tools. */
export function networkCommands(caller: ToolCaller): NetworkTools {
  const change = async (tool: string, spec: string) => {
    await caller.run(tool, ["--", spec]);
    caller.forget("opened-ports");
  };
  return {
    async networkGet(binding, relation) {
      const flags = relation === undefined ? [] : ["-r", String(relation)];
      return readNetworkInfo(await caller.readObject("network-get", [...flags, "--", binding]));
    },

    async unitGet(address) {
      const answer = await caller.read("unit-get", ["--", address]);
      if (typeof answer !== "string") throw unexpectedAnswer("unit-get", "an address");
      return answer;
    },

    openPort: async (port) => change("open-port", portSpec(port)),
    closePort: async (port) => change("close-port", portSpec(port)),

    async openedPorts() {
      const specs = await caller.readList("opened-ports");
      return specs.map((spec) => {
        const port = parsePortSpec(spec);
        if (!port) throw unexpectedAnswer("opened-ports", "a list of ports");
        return port;
      });
    },
  };
}

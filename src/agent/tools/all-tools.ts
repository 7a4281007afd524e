import { ACTION_TOOLS } from "./action-tools.ts";
import { CONFIGURATION_TOOLS } from "./configuration-tools.ts";
import type { HookTool } from "./hook-tool.ts";
import { LOG_TOOLS } from "./log-tools.ts";
import { NETWORK_TOOLS } from "./network-tools.ts";
import { PORT_TOOLS } from "./port-tools.ts";
import { RELATION_TOOLS } from "./relation-tools.ts";
import { SECRET_TOOLS } from "./secret-tools.ts";
import { STATE_TOOLS } from "./state-tools.ts";
import { STATUS_TOOLS } from "./status-tools.ts";
import { STORAGE_TOOLS } from "./storage-tools.ts";

/** Every hook tool, by the name a charm calls it by. */
export const HOOK_TOOLS: ReadonlyMap<string, HookTool> = new Map(
  [
    ...CONFIGURATION_TOOLS,
    ...STATUS_TOOLS,
    ...ACTION_TOOLS,
    ...LOG_TOOLS,
    ...PORT_TOOLS,
    ...NETWORK_TOOLS,
    ...STATE_TOOLS,
    ...RELATION_TOOLS,
    ...SECRET_TOOLS,
    ...STORAGE_TOOLS,
  ].map((tool) => [tool.name, tool]),
);

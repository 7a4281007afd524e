import { ACTION_TOOLS } from "./action-tools.ts";
import { NETWORK_TOOLS } from "./network-tools.ts";
import { RELATION_TOOLS } from "./relation-tools.ts";
import { SECRET_TOOLS } from "./secret-tools.ts";
import type { HookTool } from "../hook-tool.ts";
import type { JujuBackend } from "../juju-backend.ts";
import { STORAGE_TOOLS } from "./storage-tools.ts";
import { UNIT_TOOLS } from "./unit-tools.ts";

/** Every hook tool of a machine charm, by its name. */
export const HOOK_TOOLS: ReadonlyMap<string, HookTool<JujuBackend>> = new Map(
  [
    ...UNIT_TOOLS,
    ...ACTION_TOOLS,
    ...RELATION_TOOLS,
    ...SECRET_TOOLS,
    ...NETWORK_TOOLS,
    ...STORAGE_TOOLS,
  ].map((tool) => [tool.name, tool]),
);

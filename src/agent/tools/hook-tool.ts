import * as juju from "../../juju/hook-tool.ts";
import type { HookContext } from "../hooks/hook-context.ts";

/** One call of a hook tool in a context of the agent. */
export type ToolCall = juju.ToolCall<HookContext>;

/** A hook tool of the agent. */
export type HookTool = juju.HookTool<HookContext>;

/** {@link juju.readingTool} for the agent's contexts. */
export const readingTool = juju.readingTool<HookContext>;

/** {@link juju.writingTool} for the agent's contexts. */
export const writingTool = juju.writingTool<HookContext>;

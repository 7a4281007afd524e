import * as generic from "../hook-tool.ts";
import type { JujuBackend } from "../juju-backend.ts";

/** One call of a hook tool. */
export type ToolCall = generic.ToolCall<JujuBackend>;

/** A hook tool for any {@link JujuBackend}. */
export type HookTool = generic.HookTool<JujuBackend>;

/** {@link generic.readingTool} for any {@link JujuBackend}. */
export const readingTool = generic.readingTool<JujuBackend>;

/** {@link generic.writingTool} for any {@link JujuBackend}. */
export const writingTool = generic.writingTool<JujuBackend>;

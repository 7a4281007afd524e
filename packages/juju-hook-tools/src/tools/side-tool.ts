import * as generic from "../hook-tool.ts";
import type { JujuSide } from "../juju-side.ts";

/** One call of a hook tool. */
export type ToolCall = generic.ToolCall<JujuSide>;

/** A hook tool for any {@link JujuSide}. */
export type HookTool = generic.HookTool<JujuSide>;

/** {@link generic.readingTool} for any {@link JujuSide}. */
export const readingTool = generic.readingTool<JujuSide>;

/** {@link generic.writingTool} for any {@link JujuSide}. */
export const writingTool = generic.writingTool<JujuSide>;

import { DATA_CASES } from "./data-cases.ts";
import type { HookToolCase } from "./hook-tool-case.ts";
import { UNIT_CASES } from "./unit-cases.ts";

/** What Juju's hook tools answer. Both emulators pass these cases, and replay.ts runs them on a real controller. */
export const HOOK_TOOL_CASES: readonly HookToolCase[] = [...UNIT_CASES, ...DATA_CASES];

export const OBSERVED_JUJUS = ["3.6", "4.0"] as const;

import type { LogLine } from "./agent-log.ts";
import type { StatusRecord } from "./state/agent-state.ts";

/** Progress of an agent. */
export type AgentEvent =
  | { readonly kind: "log"; readonly line: LogLine }
  | { readonly kind: "status"; readonly unit: string; readonly status: StatusRecord }
  | {
      readonly kind: "context-started";
      readonly unit: string;
      readonly name: string;
      readonly contextId: string;
    }
  | {
      readonly kind: "context-ended";
      readonly unit: string;
      readonly name: string;
      readonly exitCode: number | undefined;
      readonly durationMs: number;
    };

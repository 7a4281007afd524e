import type { AgentEvent } from "juju-agent";
import type { Mark } from "./timeline.ts";

const LABELS = {
  "context-started": "dispatch started",
  "context-ended": "dispatch ended",
  status: "status shown",
  log: "log line delivered",
} as const satisfies Readonly<Record<AgentEvent["kind"], string>>;

/** Notes when the agent tells what. */
export class AgentMarks {
  readonly all: Mark[] = [];

  readonly take = ({ kind }: AgentEvent): void => {
    this.all.push({ what: LABELS[kind], at: performance.timeOrigin + performance.now() });
  };
}

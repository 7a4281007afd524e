export type { AgentEvent } from "./agent-event.ts";
export { AgentPaths } from "./agent-paths.ts";
export type { ExecOutcome } from "./command-runner.ts";
export { readMachineFacts } from "./machine-facts.ts";
export { withGrants, withRevision, withSecret } from "./state/model-secrets.ts";
export { UnitAgent } from "./unit-agent.ts";

export { AgentRequestError, HookFailedError, RebootRequestedError } from "./agent-errors.ts";
export type { AgentEvent } from "./agent-event.ts";
export type { LogLine } from "./agent-log.ts";
export { AgentPaths } from "./agent-paths.ts";
export type { AgentSecrets, NewSecret } from "./agent-secrets.ts";
export type { UnitAgentDependencies } from "./agent-session.ts";
export type { ConfigDescription, OptionDescription } from "./charm/config-description.ts";
export type { ConfigChange, ConfigValue, OptionType } from "./charm/config-options.ts";
export type { ExecOutcome } from "./script-runner.ts";
export type { NetworkAddress } from "./hooks/hook-context.ts";
export type {
  LiveCell,
  LiveFact,
  LiveNote,
  LivePoint,
  LiveSection,
  LiveView,
  Tone,
} from "./live/live-view.ts";
export { readMachineFacts, type MachineFacts } from "./machine-facts.ts";
export type { ApplicationDescription, ModelStatus, ShownStatus, UnitDescription } from "./model-status.ts";
export type { OwnCharm } from "./product.ts";
export { renderService, type ServiceFile, type ServiceFiles } from "./service/service-files.ts";
export type { ActionRecord, StatusRecord, WorkloadStatusName } from "./state/agent-state.ts";
export type { SecretDescription } from "./state/model-secrets.ts";
export { UnitAgent, type DeployOptions, type RunActionOptions } from "./unit-agent.ts";
export type { WaitEnd, WaitOutcome, WaitRequest } from "./wait-for-status.ts";

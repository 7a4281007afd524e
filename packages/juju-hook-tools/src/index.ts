export { type ActionResult, type ActionResults, withResults } from "./action-results.ts";
export { actionParameterProblems, modernSchema } from "./action-schema.ts";
export { type ArchiveEntry, CharmArchiveError, eachArchiveEntry, type EntryKind } from "./archive-entries.ts";
export { CharmProcess, type OutputName, type ProcessOutcome, type ProcessPlan } from "./charm-process.ts";
export {
  type Environment,
  type HookEnvironmentFacts,
  type HookSecret,
  type HookTask,
  buildHookEnvironment,
} from "./hook-environment.ts";
export { HookToolServer, type ServedContext } from "./hook-tool-server.ts";
export { type ExecShim, installToolShims } from "./hook-tool-shim.ts";
export {
  callTool,
  type HookTool,
  type ReadingTool,
  readingTool,
  type ToolAnswer,
  type ToolCall,
  type WritingTool,
  writingTool,
} from "./hook-tool.ts";
export type { JsonObject, JsonValue } from "./json-value.ts";
export type {
  ActionBackend,
  CurrentRelation,
  JujuLogLevel,
  JujuBackend,
  ManagedSecret,
  NamedStatus,
  NetworkBackend,
  RelationBackend,
  Revocation,
  Rotation,
  SecretChanges,
  SecretName,
  SecretBackend,
  SettableStatus,
  StorageBackend,
  Texts,
  UnitBackend,
} from "./juju-backend.ts";
export { DEFAULT_JUJU_VERSION, differencesOf, type JujuDifferences } from "./juju-version.ts";
export { isSecretId } from "./tools/secret-tools.ts";
export { parsePortRange, type PortRange, rangesConflict } from "./port-range.ts";
export type { FlagKinds, ToolArguments } from "./tool-arguments.ts";
export { ToolError, usageError } from "./tool-error.ts";
export { HOOK_TOOLS } from "./tools/all-tools.ts";
export { secretContent } from "./tools/secret-content.ts";
export { unpackCharmArchive } from "./unpack-charm-archive.ts";

export { type ActionResult, type ActionResults, withResults } from "./action-results.ts";
export { eachEntry, kindOf, modeOf, readText } from "./archive-entries.ts";
export { CharmArchiveError } from "./charm-archive-error.ts";
export { CharmProcess, type OutputName, type ProcessOutcome } from "./charm-process.ts";
export { type HookSecret, type HookTask, buildHookEnvironment } from "./hook-environment.ts";
export { HookToolServer } from "./hook-tool-server.ts";
export { installToolShims } from "./hook-tool-shim.ts";
export { callTool } from "./hook-tool.ts";
export type { JsonObject, JsonValue } from "./json-value.ts";
export type {
  ActionSide,
  CurrentRelation,
  JujuLogLevel,
  JujuSide,
  ManagedSecret,
  NamedStatus,
  NetworkSide,
  RelationSide,
  Revocation,
  SecretChanges,
  SecretName,
  SecretSide,
  SettableStatus,
  StorageSide,
  Texts,
  UnitSide,
} from "./juju-side.ts";
export { parsePortRange, rangesConflict } from "./port-range.ts";
export { ToolError, usageError } from "./tool-error.ts";
export { HOOK_TOOLS } from "./tools/all-tools.ts";
export { secretContent } from "./tools/secret-content.ts";
export { unpackCharmArchive } from "./unpack-charm-archive.ts";

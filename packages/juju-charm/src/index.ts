export { ActionEvent } from "./events/action-event.ts";
export { ActionResultError, type ActionResults } from "./events/action-results.ts";
export type { Application } from "./model/application.ts";
export { Charm, type CharmInstance } from "./charm.ts";
export type {
  ActionTypes,
  BindingOf,
  CharmTypes,
  EndpointOf,
  NameOf,
  RelationTypes,
  ResourceTypes,
  StorageTypes,
  UntypedCharm,
} from "./charm-types.ts";
export {
  SecretOptionError,
  type CharmConfig,
  type SecretOptionOf,
  type SecretURI,
} from "./model/charm-config.ts";
export type { AnyRelationData, DataBag, LoadOptions, RawData } from "./model/data-bag.ts";
export {
  flagField,
  listField,
  numberField,
  optionalField,
  textField,
  type FieldReader,
  type FieldReaders,
} from "./model/field-readers.ts";
export { JujuSecret, type GrantOptions, type RelationReference } from "./model/juju-secret.ts";
export { TooManyRelationsError, type Model, type RelationDataOf, type RelationOf } from "./model/model.ts";
export type { OwnDataBag } from "./model/own-data-bag.ts";
export { PortError, type Port, type Ports } from "./model/ports.ts";
export {
  RelationDataAccessError,
  RelationDataFormatError,
  RelationDataTypeError,
  type DataBagIdentity,
} from "./model/relation-data-errors.ts";
export type { Relation, RelationIdentity } from "./model/relation.ts";
export { SchemaError, type OutputOf, type Schema } from "./model/schema.ts";
export { SecretContentError, type NewSecretContent } from "./model/secret-content.ts";
export type { Storage } from "./model/storage.ts";
export type { CloudCredential, CloudSpec } from "./tools/cloud-spec.ts";
export type { Goal, GoalState } from "./tools/goal-state.ts";
export {
  HookToolInputError,
  NotLeaderError,
  PermissionDeniedError,
  RelationNotFoundError,
  SecretNotFoundError,
  UnknownToolError,
} from "./tools/hook-tool-refusals.ts";
export type { ModelTools, RebootTime } from "./tools/model-tools.ts";
export type {
  NetworkAddress,
  NetworkInfo,
  NetworkInterface,
  NetworkTools,
  PortRange,
} from "./tools/network-tools.ts";
export type {
  SecretAccess,
  SecretContent,
  SecretExpiry,
  SecretGrant,
  SecretInfo,
  SecretMetadata,
  SecretOwner,
  SecretReference,
  SecretRevision,
  SecretRevocation,
  SecretRotation,
  SecretTools,
} from "./tools/secret-tools.ts";
export type { RelationScope, RelationTools } from "./tools/relation-tools.ts";
export type { ActionTools } from "./tools/action-tools.ts";
export type { LogTools } from "./tools/log-tools.ts";
export type { StateTools } from "./tools/state-tools.ts";
export type { StorageAttributes, StorageTools } from "./tools/storage-tools.ts";
export type { RunTool, RunToolOptions } from "./tools/command-line/run-tool.ts";
export type { ShownApplicationStatus, ShownStatus, StatusTools } from "./tools/status-tools.ts";
export { CharmEvent, type CharmEventOptions } from "./events/charm-event.ts";
export type { BoundEvent } from "./events/bound-event.ts";
export type { EventKind, FrameworkEventKind } from "./events/event-kind.ts";
export type {
  ActionEventOf,
  ObservableEvents,
  RelationEvents,
  StorageEvents,
} from "./events/observable-events.ts";
export { EmitError } from "./events/emit-error.ts";
export { DeferError } from "./events/defer-error.ts";
export { defineEvent, OwnEvent, type OwnEventSource } from "./events/own-event.ts";
export type { EventRecord, Notice } from "./events/notice.ts";
export { CollectStatusEvent } from "./events/collect-status-event.ts";
export { commandLineHookTools, type CommandLineHookToolsOptions } from "./tools/command-line-hook-tools.ts";
export {
  dispatch,
  STATE_FILE,
  type DispatchOptions,
  type ExitCode,
  type StateLocation,
} from "./dispatch/dispatch.ts";
export type { DispatchListener } from "./dispatch/dispatch-listener.ts";
export type { Environment } from "./dispatch/environment.ts";
export { ObserveError } from "./events/assert-handler.ts";
export { EventBus, type Handler } from "./events/event-bus.ts";
export type { Framework, ObserveOptions } from "./framework.ts";
export type { Hook, RelationFacts, SecretFacts, StorageFacts } from "./dispatch/hook-facts.ts";
export type { LifecycleHook, RelationPhase, SecretHook, StoragePhase } from "./dispatch/hook-name.ts";
export { HookToolError, type HookToolFailure } from "./tools/hook-tool-error.ts";
export type { HookTools, JsonObject, JsonValue, Status, StatusName } from "./tools/hook-tools.ts";
export { readJujuContext, type Dispatched, type JujuContext, type Proxies } from "./dispatch/juju-context.ts";
export { JujuVersion } from "./dispatch/juju-version.ts";
export { JujuContextError } from "./dispatch/juju-context-error.ts";
export { main, type CharmClass, type MainOptions } from "./dispatch/main.ts";
export { RelationEvent } from "./events/relation-event.ts";
export { Secret } from "charm-kit";
export { SecretEvent } from "./events/secret-event.ts";
export { StorageEvent } from "./events/storage-event.ts";
export { FileStateBackend } from "./state/file-state-backend.ts";
export { JujuStateBackend } from "./state/juju-state-backend.ts";
export type { StateBackend } from "./state/state-backend.ts";
export type { StateSlot } from "./state/state-slot.ts";
export { StopWithStatus } from "./dispatch/stop-with-status.ts";
export { DeferredEventError } from "./dispatch/deferred-event-error.ts";
export type { SpanKind, SpanStart, Tracer } from "./dispatch/tracer.ts";
export { UnawaitedCallError } from "./dispatch/unawaited-call-error.ts";
export { StoredState } from "./state/stored-state.ts";
export { StoredStateError } from "./state/stored-state-error.ts";
export { UnitNetwork } from "./model/unit-network.ts";
export type { Unit } from "./model/unit.ts";

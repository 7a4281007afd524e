export { ActionFailed, UncaughtCharmError } from "./charm-run-errors.ts";
export { CharmProcessError } from "./charm-process-error.ts";
export { Context, type CharmSource, type ContextOptions } from "./context.ts";
export { Manager } from "./manager.ts";
export { PackedContext, type PackedContextOptions } from "./packed-context.ts";
export type { BackendOptions, TestBackend } from "./test-backend.ts";
export type { MetadataSource } from "./metadata-source.ts";
export { InconsistentStateError } from "./consistency/inconsistent-state-error.ts";
export { TestEvent, type Trigger } from "./events/test-event.ts";
export type { DepartedOptions, TestEvents, UnitOption } from "./events/test-events.ts";
export type { LogLine, StorageRequest } from "./simulation/side-effects.ts";
export type { DataBag } from "./state/data-bag.ts";
export { DeferredEvent } from "./state/deferred-event.ts";
export { Model, type ModelFields } from "./state/model.ts";
export { Network, type NetworkFields } from "./state/network.ts";
export { icmpPort, tcpPort, udpPort } from "./state/ports.ts";
export {
  PeerRelation,
  Relation,
  SubordinateRelation,
  type AnyRelation,
  type PeerRelationFields,
  type RelationBaseFields,
  type RelationFields,
  type SubordinateRelationFields,
} from "./state/relation.ts";
export { Resource } from "./state/resource.ts";
export {
  Secret,
  type SecretFields,
  type SecretGrantRecord,
  type SecretMetadataFields,
  type SecretRevisions,
  type SecretText,
} from "./state/secret.ts";
export { State, type StateFields } from "./state/state.ts";
export { StateError } from "./state/state-error.ts";
export { Storage, type StorageFields } from "./state/storage.ts";

export { ActionEvent } from "./action-event.ts";
export { ActionResultError, type ActionResults } from "./action-results.ts";
export type { Application } from "./application.ts";
export { Charm } from "./charm.ts";
export type { CharmConfig } from "./charm-config.ts";
export { CharmEvent } from "./charm-event.ts";
export type {
  BoundEvent,
  CharmEvents,
  EventKind,
  ObservableEvents,
  RelationEvents,
  StorageEvents,
} from "./charm-events.ts";
export { CollectStatusEvent } from "./collect-status-event.ts";
export { CommandLineHookTools, type CommandLineHookToolsOptions } from "./command-line-hook-tools.ts";
export { dispatch, STATE_FILE, type DispatchOptions, type ExitCode } from "./dispatch.ts";
export type { Environment } from "./environment.ts";
export { EventBus, type Handler } from "./event-bus.ts";
export { Framework, type FrameworkParts } from "./framework.ts";
export type { Hook, RelationFacts, SecretFacts, StorageFacts } from "./hook-facts.ts";
export type { LifecycleHook, RelationPhase, SecretHook, StoragePhase } from "./hook-name.ts";
export { HookToolError } from "./hook-tool-error.ts";
export type { HookTools, JsonObject, JsonValue, Status, StatusName } from "./hook-tools.ts";
export { readJujuContext, type Dispatched, type JujuContext, type Proxies } from "./juju-context.ts";
export { JujuContextError } from "./juju-context-error.ts";
export { main, type CharmClass, type MainOptions } from "./main.ts";
export { RelationEvent } from "./relation-event.ts";
export { SecretEvent } from "./secret-event.ts";
export { StorageEvent } from "./storage-event.ts";
export { StoredState, StoredStateError, type StateSlot } from "./stored-state.ts";
export type { Unit } from "./unit.ts";

export { ActionEvent } from "./events/action-event.ts";
export { ActionResultError, type ActionResults } from "./events/action-results.ts";
export type { Application } from "./model/application.ts";
export { Charm } from "./charm.ts";
export type { CharmConfig } from "./model/charm-config.ts";
export { CharmEvent } from "./events/charm-event.ts";
export type {
  BoundEvent,
  CharmEvents,
  EventKind,
  ObservableEvents,
  RelationEvents,
  StorageEvents,
} from "./events/charm-events.ts";
export { CollectStatusEvent } from "./events/collect-status-event.ts";
export { commandLineHookTools, type CommandLineHookToolsOptions } from "./tools/command-line-hook-tools.ts";
export { dispatch, STATE_FILE, type DispatchOptions, type ExitCode } from "./dispatch/dispatch.ts";
export type { Environment } from "./dispatch/environment.ts";
export { EventBus, type Handler } from "./events/event-bus.ts";
export { Framework, type FrameworkParts } from "./framework.ts";
export type { Hook, RelationFacts, SecretFacts, StorageFacts } from "./dispatch/hook-facts.ts";
export type { LifecycleHook, RelationPhase, SecretHook, StoragePhase } from "./dispatch/hook-name.ts";
export { HookToolError } from "./tools/hook-tool-error.ts";
export type { HookTools, JsonObject, JsonValue, Status, StatusName } from "./tools/hook-tools.ts";
export { readJujuContext, type Dispatched, type JujuContext, type Proxies } from "./dispatch/juju-context.ts";
export { JujuContextError } from "./dispatch/juju-context-error.ts";
export { main, type CharmClass, type MainOptions } from "./dispatch/main.ts";
export { RelationEvent } from "./events/relation-event.ts";
export { SecretEvent } from "./events/secret-event.ts";
export { StorageEvent } from "./events/storage-event.ts";
export { StoredState, StoredStateError, type StateSlot } from "./state/stored-state.ts";
export type { Unit } from "./model/unit.ts";

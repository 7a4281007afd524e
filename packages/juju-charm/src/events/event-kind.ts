import type { LifecycleHook, RelationPhase, SecretHook, StoragePhase } from "../dispatch/hook-name.ts";

/** Events that the framework emits in addition to Juju's. They cannot be deferred. */
export type FrameworkEventKind = "collect-unit-status" | "collect-app-status" | "pre-commit" | "commit";

/** Identifies an event within the framework. */
export type EventKind =
  | LifecycleHook
  | SecretHook
  | FrameworkEventKind
  | `relation:${string}:${RelationPhase}`
  | `storage:${string}:${StoragePhase}`
  | `action:${string}`
  /** Started as `hooks/<name>`, by a timer or a watcher. */
  | `custom:${string}`
  /** Defined and emitted by the charm. */
  | `own:${string}`;

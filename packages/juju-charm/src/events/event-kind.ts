import type { LifecycleHook, RelationPhase, SecretHook, StoragePhase } from "../dispatch/hook-name.ts";

/** Events that the framework itself emits around those of Juju. They are over with the dispatch. */
export type FrameworkEventKind = "collect-unit-status" | "collect-app-status" | "pre-commit" | "commit";

/** Identity of an event inside the framework. */
export type EventKind =
  | LifecycleHook
  | SecretHook
  | FrameworkEventKind
  | `relation:${string}:${RelationPhase}`
  | `storage:${string}:${StoragePhase}`
  | `action:${string}`
  /** Started as `hooks/<name>`, by a timer or a watcher. */
  | `custom:${string}`
  /** Emitted by the charm for its own parts. */
  | `own:${string}`;

/** Hooks that the agent runs. Hooks of relations and storage get their place here when it has those. */
const LIFECYCLE_HOOKS = [
  "install",
  "leader-elected",
  "leader-settings-changed",
  "config-changed",
  "start",
  "upgrade-charm",
  "update-status",
  "secret-changed",
  "stop",
  "remove",
] as const;

export type LifecycleHook = (typeof LIFECYCLE_HOOKS)[number];

/** Hooks that are about nothing but the unit. */
export type PlainHook = Exclude<LifecycleHook, "secret-changed">;

/** A revision of a secret. */
export interface SecretRevision {
  readonly id: string;
  readonly revision: number;
}

/** A hook with what it is about. */
export type HookRun =
  { readonly hook: PlainHook } | { readonly hook: "secret-changed"; readonly secret: SecretRevision };

/** Hooks that a person may fire out of turn; the others would leave the unit's life cycle, or are about something. */
export const FIREABLE_HOOKS: readonly PlainHook[] = LIFECYCLE_HOOKS.filter(
  (hook) => hook !== "stop" && hook !== "remove" && hook !== "secret-changed",
);

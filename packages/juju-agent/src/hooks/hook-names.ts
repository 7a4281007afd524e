/** Hooks that the agent runs. It does not support relation and storage hooks yet. */
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

/** Hooks without a subject of their own, such as a secret. */
export type PlainHook = Exclude<LifecycleHook, "secret-changed">;

/** A revision of a secret. */
export interface SecretRevision {
  readonly id: string;
  readonly revision: number;
}

/** A hook with its subject. */
export type HookRun =
  { readonly hook: PlainHook } | { readonly hook: "secret-changed"; readonly secret: SecretRevision };

/** Hooks that `fire-hook` accepts: not those that end the unit's life cycle or need a subject. */
export const FIREABLE_HOOKS: readonly PlainHook[] = LIFECYCLE_HOOKS.filter(
  (hook) => hook !== "stop" && hook !== "remove" && hook !== "secret-changed",
);

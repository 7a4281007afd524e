/** Hooks that the agent runs. Hooks of relations, storage and secrets get their place here when it has those. */
const LIFECYCLE_HOOKS = [
  "install",
  "leader-elected",
  "leader-settings-changed",
  "config-changed",
  "start",
  "upgrade-charm",
  "update-status",
  "stop",
  "remove",
] as const;

export type LifecycleHook = (typeof LIFECYCLE_HOOKS)[number];

/** Hooks that a person may fire out of turn; the others would leave the unit's life cycle. */
export const FIREABLE_HOOKS: readonly string[] = LIFECYCLE_HOOKS.filter(
  (hook) => hook !== "stop" && hook !== "remove",
);

export function isLifecycleHook(name: string): name is LifecycleHook {
  return (LIFECYCLE_HOOKS as readonly string[]).includes(name);
}

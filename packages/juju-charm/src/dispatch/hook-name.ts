/** Lifecycle hooks, which have no facts. */
const LIFECYCLE_HOOKS = [
  "install",
  "start",
  "config-changed",
  "upgrade-charm",
  "update-status",
  "stop",
  "remove",
  "leader-elected",
  "pre-series-upgrade",
  "post-series-upgrade",
] as const;
/** Names of lifecycle hooks. */
export type LifecycleHook = (typeof LIFECYCLE_HOOKS)[number];

const SECRET_HOOKS = ["secret-changed", "secret-expired", "secret-remove", "secret-rotate"] as const;
/** Names of secret hooks. */
export type SecretHook = (typeof SECRET_HOOKS)[number];

const RELATION_PHASES = ["created", "joined", "changed", "departed", "broken"] as const;
/** Phases of relation hooks. */
export type RelationPhase = (typeof RELATION_PHASES)[number];

const STORAGE_PHASES = ["attached", "detaching"] as const;
/** Phases of storage hooks. */
export type StoragePhase = (typeof STORAGE_PHASES)[number];

/** A parsed hook name. A name that is not one of Juju's hooks is a custom event. */
export type HookName =
  | { readonly family: "lifecycle"; readonly name: LifecycleHook }
  | { readonly family: "secret"; readonly name: SecretHook }
  | { readonly family: "relation"; readonly endpoint: string; readonly phase: RelationPhase }
  | { readonly family: "storage"; readonly storage: string; readonly phase: StoragePhase }
  | { readonly family: "custom"; readonly name: string };

/** Parses a hook name, such as `db-relation-changed`. */
export function parseHookName(name: string): HookName {
  const lifecycle = LIFECYCLE_HOOKS.find((hook) => hook === name);
  if (lifecycle) return { family: "lifecycle", name: lifecycle };
  const secret = SECRET_HOOKS.find((hook) => hook === name);
  if (secret) return { family: "secret", name: secret };
  for (const phase of RELATION_PHASES) {
    const endpoint = prefixBefore(name, `-relation-${phase}`);
    if (endpoint) return { family: "relation", endpoint, phase };
  }
  for (const phase of STORAGE_PHASES) {
    const storage = prefixBefore(name, `-storage-${phase}`);
    if (storage) return { family: "storage", storage, phase };
  }
  return { family: "custom", name };
}

function prefixBefore(name: string, suffix: string): string | undefined {
  return name.endsWith(suffix) ? name.slice(0, -suffix.length) : undefined;
}

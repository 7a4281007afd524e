import { DEFAULT_JUJU_VERSION, differencesOf } from "./juju-version.ts";

/** Input for the environment of a hook, an action or a command. */
export interface HookEnvironmentFacts {
  readonly unit: string;
  readonly contextId: string;
  readonly charmDirectory: string;
  readonly toolsDirectory: string;
  readonly socket: string;
  readonly model: {
    readonly name: string;
    readonly uuid: string;
    readonly config: Readonly<Record<string, string>>;
  };
  /** The agent's `PATH`; it follows the tools directory. */
  readonly path: string;
  /** `ID` in os-release: Juju exports more variables on Ubuntu. */
  readonly distribution: string;
  /** @default {@link DEFAULT_JUJU_VERSION} */
  readonly jujuVersion?: string | undefined;
  readonly task: HookTask;
}

/** The secret of a secret hook. */
export interface HookSecret {
  /** `secret:` and the ID. */
  readonly uri: string;
  /** The unit's label for the secret; may be empty. */
  readonly label: string;
}

/** The hook, action or script that runs in a context. */
export type HookTask =
  | { readonly kind: "hook"; readonly name: string; readonly secret?: HookSecret }
  | { readonly kind: "action"; readonly name: string; readonly id: string }
  | { readonly kind: "commands"; readonly script: string };

/** Variables by name. */
export type Environment = Readonly<Record<string, string>>;

/** Builds the complete environment, as Juju does: it inherits nothing, so HOME and USER are not set. */
export function buildHookEnvironment(facts: HookEnvironmentFacts): Environment {
  return {
    ...commonEnvironment(facts),
    ...proxyEnvironment(facts.model.config),
    ...distributionEnvironment(facts.distribution),
    ...taskEnvironment(facts.task),
  };
}

function commonEnvironment(facts: HookEnvironmentFacts): Environment {
  return {
    JUJU_CHARM_DIR: facts.charmDirectory,
    CHARM_DIR: facts.charmDirectory,
    JUJU_CONTEXT_ID: facts.contextId,
    JUJU_AGENT_SOCKET_ADDRESS: facts.socket,
    JUJU_AGENT_SOCKET_NETWORK: "unix",
    JUJU_UNIT_NAME: facts.unit,
    JUJU_MODEL_NAME: facts.model.name,
    JUJU_MODEL_UUID: facts.model.uuid,
    JUJU_API_ADDRESSES: "127.0.0.1:17070",
    JUJU_VERSION: facts.jujuVersion ?? DEFAULT_JUJU_VERSION,
    JUJU_MACHINE_ID: "0",
    JUJU_PRINCIPAL_UNIT: "",
    JUJU_AVAILABILITY_ZONE: "",
    CLOUD_API_VERSION: "",
    ...(differencesOf(facts.jujuVersion).hasSLA && { JUJU_SLA: "unsupported" }),
    PATH: `${facts.toolsDirectory}:${facts.path}`,
    LANG: "C.UTF-8",
  };
}

function proxyEnvironment(config: Readonly<Record<string, string>>): Environment {
  const environment: Record<string, string> = {};
  for (const kind of ["http", "https", "ftp", "no"] as const) {
    environment[`JUJU_CHARM_${kind.toUpperCase()}_PROXY`] = config[`juju-${kind}-proxy`] ?? "";
    const legacy = config[`${kind}-proxy`] ?? "";
    if (legacy === "") continue;
    environment[`${kind}_proxy`] = legacy;
    environment[`${kind.toUpperCase()}_PROXY`] = legacy;
  }
  return environment;
}

function distributionEnvironment(distribution: string): Environment {
  if (distribution !== "ubuntu") return { TERM: "screen" };
  return { DEBIAN_FRONTEND: "noninteractive", APT_LISTCHANGES_FRONTEND: "none", TERM: "tmux-256color" };
}

function taskEnvironment(task: HookTask): Environment {
  switch (task.kind) {
    case "hook":
      return {
        JUJU_HOOK_NAME: task.name,
        JUJU_DISPATCH_PATH: `hooks/${task.name}`,
        ...(task.secret && { JUJU_SECRET_ID: task.secret.uri, JUJU_SECRET_LABEL: task.secret.label }),
      };
    case "action":
      return {
        JUJU_HOOK_NAME: "",
        JUJU_DISPATCH_PATH: `actions/${task.name}`,
        JUJU_ACTION_NAME: task.name,
        JUJU_ACTION_UUID: task.id,
        JUJU_ACTION_TAG: `action-${task.id}`,
      };
    case "commands":
      return { JUJU_HOOK_NAME: "" };
  }
}

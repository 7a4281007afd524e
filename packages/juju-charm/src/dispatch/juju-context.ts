import { optionalVariable, requiredVariable, type Environment } from "./environment.ts";
import { readHook, type Hook } from "./hook-facts.ts";
import { JujuContextError } from "./juju-context-error.ts";

/** The hook, action or event that started the charm. `name` is the last part of `JUJU_DISPATCH_PATH`. */
export type Dispatched =
  | { readonly kind: "hook"; readonly name: string; readonly hook: Hook }
  | { readonly kind: "action"; readonly name: string; readonly id: string | undefined }
  /** A custom event, started as `hooks/<name>` through `juju-exec`. */
  | { readonly kind: "custom"; readonly name: string };

/** The model's proxies for charms. */
export interface Proxies {
  readonly http: string | undefined;
  readonly https: string | undefined;
  /** Comma-separated hosts and networks that need no proxy. */
  readonly noProxy: string | undefined;
}

/** Facts of a dispatch, from its environment. */
export interface JujuContext {
  /** `app/n`. */
  readonly unitName: string;
  readonly appName: string;
  readonly model: { readonly name: string; readonly uuid: string };
  /** Absolute path of the unpacked charm. */
  readonly charmDir: string;
  /** Version of the unit agent, such as `3.6.28`. */
  readonly jujuVersion: string;
  /** Absent on Kubernetes. */
  readonly machineID: string | undefined;
  readonly availabilityZone: string | undefined;
  /** The principal unit of a subordinate. */
  readonly principalUnit: string | undefined;
  readonly proxies: Proxies;
  readonly dispatched: Dispatched;
}

/**
 * Reads the environment of a dispatch.
 *
 * @returns a frozen object.
 * @throws {@link JujuContextError} when a variable that every dispatch has is missing or malformed.
 */
export function readJujuContext(env: Environment): JujuContext {
  const unitName = requiredVariable(env, "JUJU_UNIT_NAME");
  return Object.freeze({
    unitName,
    appName: readAppName(unitName),
    model: Object.freeze({
      name: requiredVariable(env, "JUJU_MODEL_NAME"),
      uuid: requiredVariable(env, "JUJU_MODEL_UUID"),
    }),
    charmDir: requiredVariable(env, "JUJU_CHARM_DIR"),
    jujuVersion: requiredVariable(env, "JUJU_VERSION"),
    machineID: optionalVariable(env, "JUJU_MACHINE_ID"),
    availabilityZone: optionalVariable(env, "JUJU_AVAILABILITY_ZONE"),
    principalUnit: optionalVariable(env, "JUJU_PRINCIPAL_UNIT"),
    proxies: Object.freeze({
      http: readProxy(env, "HTTP"),
      https: readProxy(env, "HTTPS"),
      noProxy: readProxy(env, "NO"),
    }),
    dispatched: readDispatched(env),
  });
}

function readAppName(unitName: string): string {
  const appName = /^([a-z][a-z0-9-]*)\/\d+$/.exec(unitName)?.[1];
  if (appName === undefined) throw new JujuContextError("JUJU_UNIT_NAME", `is "${unitName}", not app/number`);
  return appName;
}

function readProxy(env: Environment, protocol: "HTTP" | "HTTPS" | "NO"): string | undefined {
  const name = `JUJU_CHARM_${protocol}_PROXY`;
  return optionalVariable(env, name) ?? optionalVariable(env, name.toLowerCase());
}

function readDispatched(env: Environment): Dispatched {
  const path = requiredVariable(env, "JUJU_DISPATCH_PATH");
  const [, folder, name] = /^(?:.*\/)?(hooks|actions)\/([^/]+)$/.exec(path) ?? [];
  if (folder === undefined || name === undefined) {
    throw new JujuContextError("JUJU_DISPATCH_PATH", `is "${path}", not hooks/<name> or actions/<name>`);
  }
  if (folder === "actions") {
    return Object.freeze({ kind: "action", name, id: optionalVariable(env, "JUJU_ACTION_UUID") });
  }
  const hook = readHook(name, env);
  return Object.freeze(hook ? { kind: "hook", name, hook } : { kind: "custom", name });
}

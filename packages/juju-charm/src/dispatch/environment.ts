import { JujuContextError } from "./juju-context-error.ts";

/** Environment variables, in the form of `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The value of a variable; undefined when it is unset or empty. Juju exports some absent values as empty strings. */
export function optionalVariable(env: Environment, name: string): string | undefined {
  return env[name] === "" ? undefined : env[name];
}

/** @throws {@link JujuContextError} when the variable is absent or empty. */
export function requiredVariable(env: Environment, name: string): string {
  const value = optionalVariable(env, name);
  if (value === undefined) throw new JujuContextError(name, "is not set");
  return value;
}

import { Secret } from "charm-kit";

/** How the runner application authenticates: with a just-in-time configuration, or by registering itself. */
export type GuestRegistration =
  | { readonly by: "just-in-time"; readonly jitConfig: Secret }
  | {
      readonly by: "token";
      readonly url: string;
      readonly token: Secret;
      readonly name: string;
      readonly labels: readonly string[];
      /** Undefined for the default group. */
      readonly group: string | undefined;
    };

/**
 * The environment variables with the runner application's registration. It reads each argument also from
 * `ACTIONS_RUNNER_INPUT_<NAME>`, so that none appears on a command line.
 */
export function registrationEnvironment(registration: GuestRegistration): ReadonlyMap<string, Secret> {
  if (registration.by === "just-in-time") {
    return new Map([["ACTIONS_RUNNER_INPUT_JITCONFIG", registration.jitConfig]]);
  }
  return new Map([
    ["ACTIONS_RUNNER_INPUT_URL", new Secret(registration.url)],
    ["ACTIONS_RUNNER_INPUT_TOKEN", registration.token],
    ["ACTIONS_RUNNER_INPUT_NAME", new Secret(registration.name)],
    ["ACTIONS_RUNNER_INPUT_LABELS", new Secret(registration.labels.join(","))],
    ...(registration.group === undefined
      ? []
      : [["ACTIONS_RUNNER_INPUT_RUNNERGROUP", new Secret(registration.group)] as const]),
  ]);
}

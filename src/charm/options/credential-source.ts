import { Secret } from "charm-kit";
import { wrong } from "../configuration-faults.ts";
import type { OptionReader } from "./option-reader.ts";

/** The source of the unit's GitHub credentials. */
export type CredentialSource =
  | { readonly by: "token"; readonly token: Secret }
  /** A Juju secret with the token in its field `github-token`. */
  | { readonly by: "token-secret"; readonly secretId: string }
  /** A GitHub App; its private key is in the field `private-key` of a Juju secret. */
  | {
      readonly by: "app";
      readonly clientId: string;
      readonly installationId: number;
      readonly keySecretId: string;
    };

/**
 * Reads the configured way to authenticate. A GitHub App wins over a token, since it has the fewest rights; a token in a
 * secret wins over one in an option.
 *
 * @returns undefined when none is configured; the reader then has the error.
 */
export function readCredentialSource(options: OptionReader): CredentialSource | undefined {
  const app = readApp(options);
  if (app !== "unset") return app;
  const secretId = options.text("token-secret-id");
  if (secretId !== "") return { by: "token-secret", secretId };
  const token = options.text("token");
  if (token !== "") return { by: "token", token: new Secret(token) };
  options.refuse({
    option: "token",
    text: "missing; set token-secret-id to a Juju secret with a personal access token, or the three github-app options, or token itself",
  });
  return undefined;
}

function readApp(options: OptionReader): CredentialSource | undefined | "unset" {
  const clientId = options.text("github-app-client-id");
  const installationId = options.whole("github-app-installation-id");
  const keySecretId = options.text("github-app-private-key-secret-id");
  const missing = [
    ...(clientId === "" ? (["github-app-client-id"] as const) : []),
    ...(installationId <= 0 ? (["github-app-installation-id"] as const) : []),
    ...(keySecretId === "" ? (["github-app-private-key-secret-id"] as const) : []),
  ];
  if (missing.length === 3) return "unset";
  if (missing.length === 0) return { by: "app", clientId, installationId, keySecretId };
  options.refuse(
    ...missing.map((option) =>
      wrong(option, "missing, while another of the three github-app options is set"),
    ),
  );
  return undefined;
}

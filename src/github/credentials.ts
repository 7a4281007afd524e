import type { Secret } from "charm-kit";

/** The unit's credentials for GitHub. */
export type Credentials =
  /** A personal access token. */
  | { readonly by: "token"; readonly token: Secret }
  /** An installation of a GitHub App. */
  | {
      readonly by: "app";
      /** Client ID; the App ID on servers without client IDs. */
      readonly clientId: string;
      readonly installationId: number;
      /** In PEM format. */
      readonly privateKey: Secret;
    };

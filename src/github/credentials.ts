import type { Secret } from "charm-kit";

/** How the unit proves to GitHub who it is. */
export type Credentials =
  /** A personal access token. */
  | { readonly by: "token"; readonly token: Secret }
  /** An installation of a GitHub App. */
  | {
      readonly by: "app";
      /** Client ID or, on servers that know no client IDs, App ID. */
      readonly clientId: string;
      readonly installationId: number;
      /** In PEM format. */
      readonly privateKey: Secret;
    };

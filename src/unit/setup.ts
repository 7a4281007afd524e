import type { Credentials } from "../github/credentials.ts";
import type { Configuration, ForgeConfiguration } from "./configuration.ts";

/** The configuration with its credentials. */
export interface Setup {
  readonly configuration: Configuration;
  readonly credentials: Credentials;
}

/** The part that identifies the registration scope. */
export interface ForgeSetup {
  readonly configuration: ForgeConfiguration;
  readonly credentials: Credentials;
}

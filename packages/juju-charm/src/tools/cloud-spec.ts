import type { Secret } from "charm-kit";

/** The cloud the model is on, with the credential of the model. */
export interface CloudSpec {
  /** As in `lxd`, `ec2`, `openstack`. */
  readonly type: string;
  readonly name: string;
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
  readonly identityEndpoint: string | undefined;
  readonly storageEndpoint: string | undefined;
  readonly credential: CloudCredential | undefined;
  /** Certificates in PEM. */
  readonly caCertificates: readonly string[];
  readonly skipTLSVerify: boolean;
  readonly isControllerCloud: boolean;
}

/** What the charm may use the cloud with. */
export interface CloudCredential {
  /** As in `certificate`, `access-key`, `oauth2`. */
  readonly authType: string;
  readonly attributes: Readonly<Record<string, Secret>>;
  /** Names of attributes that Juju does not tell. */
  readonly redacted: readonly string[];
}

import type { Secret } from "charm-kit";

/** The model's cloud with its credential. */
export interface CloudSpec {
  /** Such as `lxd`, `ec2`, `openstack`. */
  readonly type: string;
  readonly name: string;
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
  readonly identityEndpoint: string | undefined;
  readonly storageEndpoint: string | undefined;
  readonly credential: CloudCredential | undefined;
  /** Certificates in PEM format. */
  readonly caCertificates: readonly string[];
  readonly skipTLSVerify: boolean;
  readonly isControllerCloud: boolean;
}

/** A credential for the cloud. */
export interface CloudCredential {
  /** Such as `certificate`, `access-key`, `oauth2`. */
  readonly authType: string;
  readonly attributes: Readonly<Record<string, Secret>>;
  /** Names of attributes that Juju does not disclose. */
  readonly redacted: readonly string[];
}

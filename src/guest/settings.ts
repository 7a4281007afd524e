import type { Secret } from "charm-kit";
import type { ProxySettings } from "../network/proxy-settings.ts";

/** The transparent proxy in the runner, which sends traffic to the model's proxy. */
export interface AproxySettings {
  /** `host` or `host:port` of the model's proxy. */
  readonly upstream: string;
  /** IPv4 addresses, ranges and networks that bypass the proxy. */
  readonly excludeAddresses: readonly string[];
  /** TCP ports and port ranges, such as `8080-8090`. */
  readonly redirectPorts: readonly string[];
}

/** A tmate server for debugging sessions of jobs. */
export interface DebugSshHost {
  /** IP address. */
  readonly host: string;
  readonly port: number;
  /** `SHA256:` and the digest. */
  readonly rsaFingerprint: string;
  /** `SHA256:` and the digest. */
  readonly ed25519Fingerprint: string;
}

/** The policy service that a runner asks before a job. */
export interface GuestPolicy {
  readonly url: string;
  /** Valid for one check. */
  readonly oneTimeToken: Secret;
}

/** The settings of a runner. */
export interface GuestSettings {
  readonly proxy: ProxySettings | undefined;
  /** Replaces the proxy variables. */
  readonly aproxy: AproxySettings | undefined;
  /** https URL of a registry mirror. */
  readonly dockerMirror: string | undefined;
  /** A script with a shebang; "" for none. */
  readonly preJobScript: string;
  /** Whether the image contains certificates of further authorities. */
  readonly hasCertificates: boolean;
  readonly debugSsh: DebugSshHost | undefined;
  readonly policy: GuestPolicy | undefined;
  /** Whether the runner records its job. */
  readonly metrics: boolean;
  /** Whether a clean shutdown, which LXD asks for, waits for the end of the job. */
  readonly endsJobFirst: boolean;
}

/** The settings of a runner with the default configuration. */
export const PLAIN_GUEST: GuestSettings = {
  proxy: undefined,
  aproxy: undefined,
  dockerMirror: undefined,
  preJobScript: "",
  hasCertificates: false,
  debugSsh: undefined,
  policy: undefined,
  metrics: true,
  endsJobFirst: false,
};

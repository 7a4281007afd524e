import type { Secret } from "charm-kit";

/** The model's proxies, as URLs; at least one of them is set. */
export interface ProxySettings {
  readonly http: string | undefined;
  readonly https: string | undefined;
  /** Comma separated hosts that are reached directly; "" for none. */
  readonly noProxy: string;
}

/** The transparent proxy in the runner, which sends traffic to the model's proxy. */
export interface AproxySettings {
  /** `host` or `host:port` of the model's proxy. */
  readonly upstream: string;
  /** IPv4 addresses, ranges and networks that are left alone. */
  readonly excludeAddresses: readonly string[];
  /** TCP ports and ranges of ports, such as `8080-8090`. */
  readonly redirectPorts: readonly string[];
}

/** A server that a job can open a debugging session on by tmate. */
export interface DebugSshHost {
  /** IP address. */
  readonly host: string;
  readonly port: number;
  /** `SHA256:` and the digest. */
  readonly rsaFingerprint: string;
  /** `SHA256:` and the digest. */
  readonly ed25519Fingerprint: string;
}

/** The policy service that a runner asks before its job. */
export interface GuestPolicy {
  readonly url: string;
  /** Good for one check. */
  readonly oneTimeToken: Secret;
}

/** All that an operator's settings change inside a runner. */
export interface GuestSettings {
  readonly proxy: ProxySettings | undefined;
  /** In place of the proxy's variables. */
  readonly aproxy: AproxySettings | undefined;
  /** https URL of a registry mirror. */
  readonly dockerMirror: string | undefined;
  /** A script with a shebang; "" for none. */
  readonly preJobScript: string;
  readonly debugSsh: DebugSshHost | undefined;
  readonly policy: GuestPolicy | undefined;
  /** Whether the runner writes down what its job was. */
  readonly metrics: boolean;
}

/** A runner without any of an operator's settings. */
export const PLAIN_GUEST: GuestSettings = {
  proxy: undefined,
  aproxy: undefined,
  dockerMirror: undefined,
  preJobScript: "",
  debugSsh: undefined,
  policy: undefined,
  metrics: true,
};

import { CA_CERTIFICATES } from "./paths.ts";
import { isPlain, plainText, plainUrl } from "./plain-value.ts";
import type { DebugSshHost, GuestSettings } from "./settings.ts";
import type { ProxySettings } from "../network/proxy-settings.ts";

/** Names and values, in the order of the lines. */
export type Variables = ReadonlyMap<string, string>;

/** Renders `KEY=VALUE` lines. */
export function renderVariables(variables: Variables): string {
  return [...variables].map(([name, value]) => `${name}=${value}\n`).join("");
}

/** The proxy variables, in lower and upper case. Empty without a proxy or with aproxy. */
export function proxyVariables({ proxy, aproxy }: GuestSettings, runnerName: string): Variables {
  if (!proxy || aproxy) return new Map();
  const upper = new Map([
    ...(proxy.http ? [["HTTP_PROXY", plainUrl(proxy.http)] as const] : []),
    ...(proxy.https ? [["HTTPS_PROXY", plainUrl(proxy.https)] as const] : []),
    ["NO_PROXY", noProxy(proxy, runnerName)] as const,
  ]);
  return new Map([...upper, ...[...upper].map(([name, value]) => [name.toLowerCase(), value] as const)]);
}

/** Hosts that the runner reaches without the proxy: the model's, its own name, and cluster services. */
export function noProxy({ noProxy: list }: ProxySettings, runnerName: string): string {
  // A host name contains only plain characters.
  const hosts = list.split(/[\s,]+/).filter(isPlain);
  return [...new Set([...hosts, runnerName, ".svc"])].join(",");
}

/** Variables that configure tmate's debugging sessions. */
export function tmateVariables(host: DebugSshHost | undefined): Variables {
  if (!host) return new Map();
  return new Map([
    ["TMATE_SERVER_HOST", plainText("the debug-ssh host", host.host)],
    ["TMATE_SERVER_PORT", plainText("the debug-ssh port", String(host.port))],
    ["TMATE_SERVER_RSA_FINGERPRINT", plainText("the debug-ssh RSA fingerprint", host.rsaFingerprint)],
    [
      "TMATE_SERVER_ED25519_FINGERPRINT",
      plainText("the debug-ssh ED25519 fingerprint", host.ed25519Fingerprint),
    ],
  ]);
}

/** Programs on Node.js, such as most actions, do not read the system's certificates. */
export function certificateVariables({ hasCertificates }: GuestSettings): Variables {
  return new Map(hasCertificates ? [["NODE_EXTRA_CA_CERTS", CA_CERTIFICATES]] : []);
}

/** Variables that name the Docker Hub mirror. */
export function mirrorVariables(mirror: string | undefined): Variables {
  if (mirror === undefined) return new Map();
  const url = plainUrl(mirror);
  return new Map([
    ["DOCKERHUB_MIRROR", url],
    ["CONTAINER_REGISTRY_URL", url],
  ]);
}

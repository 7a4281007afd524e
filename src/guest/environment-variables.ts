import { isPlain, plainText, plainUrl } from "./plain-value.ts";
import type { DebugSshHost, GuestSettings, ProxySettings } from "./settings.ts";

/** Names and values, in the order in which they are written. */
export type Variables = ReadonlyMap<string, string>;

/** Renders `KEY=VALUE` lines. */
export function renderVariables(variables: Variables): string {
  return [...variables].map(([name, value]) => `${name}=${value}\n`).join("");
}

/** The proxy as programs look for it, in both cases; nothing without a proxy, or where aproxy takes its place. */
export function proxyVariables({ proxy, aproxy }: GuestSettings, runnerName: string): Variables {
  if (!proxy || aproxy) return new Map();
  const upper = new Map([
    ...(proxy.http ? [["HTTP_PROXY", plainUrl(proxy.http)] as const] : []),
    ...(proxy.https ? [["HTTPS_PROXY", plainUrl(proxy.https)] as const] : []),
    ["NO_PROXY", noProxy(proxy, runnerName)] as const,
  ]);
  return new Map([...upper, ...[...upper].map(([name, value]) => [name.toLowerCase(), value] as const)]);
}

/** Hosts that the runner reaches without the proxy: the model's, its own name, and services inside a cluster. */
export function noProxy({ noProxy: list }: ProxySettings, runnerName: string): string {
  // What is not plain is the name of no host.
  const hosts = list.split(/[\s,]+/).filter(isPlain);
  return [...new Set([...hosts, runnerName, ".svc"])].join(",");
}

/** Where tmate opens a debugging session. */
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

/** Where jobs find the mirror of Docker Hub. */
export function mirrorVariables(mirror: string | undefined): Variables {
  if (mirror === undefined) return new Map();
  const url = plainUrl(mirror);
  return new Map([
    ["DOCKERHUB_MIRROR", url],
    ["CONTAINER_REGISTRY_URL", url],
  ]);
}

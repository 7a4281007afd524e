import { noProxy, proxyVariables } from "./environment-variables.ts";
import type { GuestFile } from "./payload.ts";
import { RUNNER_HOME, RUNNER_USER } from "./paths.ts";
import { plainUrl } from "./plain-value.ts";
import type { GuestSettings } from "./settings.ts";

/** The configuration of Docker's daemon: proxies and mirror. Empty for the defaults. */
export function dockerDaemonFiles(settings: GuestSettings, runnerName: string): readonly GuestFile[] {
  const proxies = proxyVariables(settings, runnerName);
  const { dockerMirror } = settings;
  const dropIn = {
    path: "/etc/systemd/system/docker.service.d/http-proxy.conf",
    mode: "0644",
    owner: "root",
    content: ["[Service]", ...[...proxies].map(unitVariable), ""].join("\n"),
  } as const;
  const daemon = {
    path: "/etc/docker/daemon.json",
    mode: "0644",
    owner: "root",
    content: `${JSON.stringify({ "registry-mirrors": [plainUrl(dockerMirror ?? "")] })}\n`,
  } as const;
  return [...(proxies.size > 0 ? [dropIn] : []), ...(dockerMirror === undefined ? [] : [daemon])];
}

/** The Docker client's configuration for root and the runner's user, which passes the proxies to containers. */
export function dockerClientFiles(settings: GuestSettings, runnerName: string): readonly GuestFile[] {
  const { proxy, aproxy } = settings;
  if (!proxy || aproxy) return [];
  const proxies = {
    ...(proxy.http && { httpProxy: plainUrl(proxy.http) }),
    ...(proxy.https && { httpsProxy: plainUrl(proxy.https) }),
    noProxy: noProxy(proxy, runnerName),
  };
  const content = `${JSON.stringify({ proxies: { default: proxies } })}\n`;
  return [
    { path: "/root/.docker/config.json", mode: "0600", owner: "root", content },
    { path: `${RUNNER_HOME}/.docker/config.json`, mode: "0600", owner: RUNNER_USER, content },
  ];
}

/** A percent sign starts a specifier in systemd. Plain values contain no quote. */
function unitVariable([name, value]: readonly [string, string]): string {
  return `Environment="${name}=${value.replaceAll("%", "%%")}"`;
}

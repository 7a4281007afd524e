import type { Proxies } from "juju-charm";
import { isAproxyUpstream } from "../../guest/aproxy.ts";
import type { AproxySettings } from "../../guest/settings.ts";
import type { ProxySettings } from "../../network/proxy-settings.ts";
import { wrong, type Fault } from "../configuration-faults.ts";
import { parseAproxyAddresses, parsePorts } from "./addresses.ts";
import { listed, type OptionReader } from "./option-reader.ts";

/**
 * Reads the model's proxies. Juju takes them without a scheme, too.
 *
 * @returns undefined for a model without a proxy; what it says of hosts that are reached directly then means nothing.
 */
export function readProxies(proxies: Proxies, options: OptionReader): ProxySettings | undefined {
  const faults: Fault[] = [];
  const http = readProxy(proxies.http, "juju-http-proxy", faults);
  const https = readProxy(proxies.https, "juju-https-proxy", faults);
  const noProxy = listed(proxies.noProxy ?? "").join(",");
  if ((http ?? https) === undefined) {
    options.refuse(...faults);
    return undefined;
  }
  // It is written into files of shells and systemd.
  if (/[^\w.:/*,[\]-]/.test(noProxy)) {
    faults.push({
      option: "juju-no-proxy",
      text: "not a list of hosts; set it with juju model-config to host names and networks with commas between them",
    });
  }
  options.refuse(...faults);
  return { http, https, noProxy };
}

/** Reads the transparent proxy; the addresses and ports are checked though it is off. */
export function readAproxy(
  options: OptionReader,
  proxy: ProxySettings | undefined,
): AproxySettings | undefined {
  const excludeAddresses = options.parse("aproxy-exclude-addresses", parseAproxyAddresses) ?? [];
  const redirectPorts = options.parse("aproxy-redirect-ports", parsePorts) ?? [];
  if (!options.flag("experimental-use-aproxy")) return undefined;
  if (redirectPorts.length === 0)
    options.refuse(wrong("aproxy-redirect-ports", "missing, and aproxy needs it"));
  const address = proxy?.http ?? proxy?.https;
  if (address === undefined) {
    options.refuse({
      option: "experimental-use-aproxy",
      text: "needs a proxy, and the model has none; set juju-http-proxy with juju model-config, or use false",
    });
    return undefined;
  }
  const upstream = hostAndPort(address);
  if (!isAproxyUpstream(upstream)) {
    options.refuse({
      option: "experimental-use-aproxy",
      text: "aproxy cannot use the model's proxy; set juju-http-proxy with juju model-config to http://<host>:<port>, without an IPv6 address, or use false",
    });
    return undefined;
  }
  return { upstream, excludeAddresses, redirectPorts };
}

function hostAndPort(address: string): string {
  return address.replace(/^\w+:\/\/(?:[^@/]*@)?/, "").replace(/\/.*$/, "");
}

/** A name, an IPv4 address, or an IPv6 address in brackets. */
const HOST = /^(?:[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?\.?|\[[0-9a-f:.]+\])$/i;

/** Whether a client can use this origin: its user name and password can be decoded. */
function isProxy({ protocol, hostname, username, password }: URL): boolean {
  if (protocol !== "http:" && protocol !== "https:") return false;
  if (!HOST.test(hostname)) return false;
  try {
    decodeURIComponent(`${username}${password}`);
    return true;
  } catch {
    return false;
  }
}

function readProxy(text: string | undefined, key: string, faults: Fault[]): string | undefined {
  const trimmed = text?.trim() ?? "";
  if (trimmed === "") return undefined;
  const address = /^\w+:\/\//.test(trimmed) ? trimmed : `http://${trimmed}`;
  // Of a path, such as `/.`, not all clients make the same.
  const isOrigin = /^\w+:\/\/[^\s"'\\<>^`{|}$/?#]+\/*$/.test(address);
  const url = isOrigin ? URL.parse(address) : null;
  // As it was written: without a port, some programs take another one than that of the scheme.
  if (url && isProxy(url)) return address.replace(/\/+$/, "");
  faults.push({
    option: key,
    text: "not the address of a proxy; set it with juju model-config to http://<host>:<port>",
  });
  return undefined;
}

import { Agent, EnvHttpProxyAgent, type Dispatcher } from "undici";
import { parseAddress } from "../network/address.ts";
import { contains, hostNetwork, parseNetwork, type Network } from "../network/network.ts";
import type { ProxySettings } from "../network/proxy-settings.ts";

/**
 * Sends requests through proxies. Ignores proxies in the process's environment.
 *
 * A network in `noProxy`, such as `10.0.0.0/8`, matches addresses in it, as in curl and Go; names are not resolved.
 */
export function proxyDispatcher({ http, https, noProxy }: ProxySettings): Dispatcher {
  const entries = noProxy.split(",").map((entry) => entry.trim());
  const networks = entries
    .filter((entry) => entry.includes("/"))
    .flatMap((entry) => parseNetwork(entry) ?? []);
  const hosts = entries.filter((entry) => !entry.includes("/"));
  const proxy = new EnvHttpProxyAgent({
    httpProxy: http ?? "",
    httpsProxy: https ?? "",
    noProxy: hosts.join(","),
  });
  return networks.length === 0 ? proxy : proxy.compose(goDirectly(networks));
}

function goDirectly(networks: readonly Network[]): Dispatcher.DispatcherComposeInterceptor {
  const direct = new Agent();
  return (dispatch) => (options, handler) =>
    isWithin(networks, options.origin) ? direct.dispatch(options, handler) : dispatch(options, handler);
}

function isWithin(networks: readonly Network[], origin: string | URL | undefined): boolean {
  const { hostname } = new URL(String(origin));
  const address = parseAddress(hostname.replace(/^\[|\]$/g, ""));
  return address !== undefined && networks.some((network) => contains(network, hostNetwork(address)));
}

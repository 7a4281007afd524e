import { Agent, EnvHttpProxyAgent, type Dispatcher } from "undici";
import { parseAddress } from "../network/address.ts";
import { contains, hostNetwork, parseNetwork, type Network } from "../network/network.ts";
import type { ProxySettings } from "../network/proxy-settings.ts";

/** The way of requests to GitHub. Close it: it keeps connections open. */
export interface OwnDispatcher {
  readonly dispatcher: Dispatcher;
  /** Ends all connections. */
  readonly close: () => Promise<void>;
}

/**
 * Sends requests directly to the server, or through proxies. Ignores proxies in the process's environment. Connections are
 * not shared with other dispatchers: they were made with the certificates that were trusted then.
 *
 * A network in `noProxy`, such as `10.0.0.0/8`, matches addresses in it, as in curl and Go; names are not resolved.
 *
 * @param proxy undefined for a direct way.
 */
export function openDispatcher(proxy: ProxySettings | undefined): OwnDispatcher {
  if (proxy === undefined) return owned(new Agent());
  const { http, https, noProxy } = proxy;
  const entries = noProxy.split(",").map((entry) => entry.trim());
  const networks = entries
    .filter((entry) => entry.includes("/"))
    .flatMap((entry) => parseNetwork(entry) ?? []);
  const hosts = entries.filter((entry) => !entry.includes("/"));
  const byProxy = new EnvHttpProxyAgent({
    httpProxy: http ?? "",
    httpsProxy: https ?? "",
    noProxy: hosts.join(","),
  });
  if (networks.length === 0) return owned(byProxy);
  const direct = new Agent();
  return owned(byProxy.compose(goDirectly(networks, direct)), byProxy, direct);
}

function owned(dispatcher: Dispatcher, ...agents: readonly Dispatcher[]): OwnDispatcher {
  const all = agents.length > 0 ? agents : [dispatcher];
  return {
    dispatcher,
    close: async () => {
      await Promise.all(all.map((agent) => agent.destroy()));
    },
  };
}

function goDirectly(
  networks: readonly Network[],
  direct: Dispatcher,
): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) =>
    isWithin(networks, options.origin) ? direct.dispatch(options, handler) : dispatch(options, handler);
}

function isWithin(networks: readonly Network[], origin: string | URL | undefined): boolean {
  const { hostname } = new URL(String(origin));
  const address = parseAddress(hostname.replace(/^\[|\]$/g, ""));
  return address !== undefined && networks.some((network) => contains(network, hostNetwork(address)));
}

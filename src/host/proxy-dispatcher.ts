import { Agent, EnvHttpProxyAgent, type Dispatcher } from "undici";

/** The model's proxies, as URLs. */
export interface OutboundProxies {
  readonly http: string | undefined;
  readonly https: string | undefined;
  /** Comma separated hosts that are reached directly. */
  readonly noProxy: string;
}

/** How requests leave the machine: through the model's proxies where it has some. Whoever opens one destroys it. */
export function openOutbound(proxies: OutboundProxies | undefined): Dispatcher {
  if (proxies === undefined) return new Agent();
  // Empty, not absent: the environment of the process says nothing then.
  return new EnvHttpProxyAgent({
    httpProxy: proxies.http ?? "",
    httpsProxy: proxies.https ?? "",
    noProxy: proxies.noProxy,
  });
}

import { EnvHttpProxyAgent, type Dispatcher } from "undici";

/** Proxies that requests leave by. */
export interface ProxyRoute {
  /** URL of the proxy for http addresses; for https ones too when they have none of their own. */
  readonly http: string | undefined;
  readonly https: string | undefined;
  /** Comma separated hosts that are reached directly. */
  readonly noProxy: string;
}

/** Sends requests by proxies. What the process's environment says of proxies counts for nothing. */
export function proxyDispatcher({ http, https, noProxy }: ProxyRoute): Dispatcher {
  return new EnvHttpProxyAgent({ httpProxy: http ?? "", httpsProxy: https ?? "", noProxy });
}

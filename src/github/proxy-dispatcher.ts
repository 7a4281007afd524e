import { EnvHttpProxyAgent, type Dispatcher } from "undici";
import type { ProxySettings } from "../network/proxy-settings.ts";

/** Sends requests by proxies. What the process's environment says of proxies counts for nothing. */
export function proxyDispatcher({ http, https, noProxy }: ProxySettings): Dispatcher {
  return new EnvHttpProxyAgent({ httpProxy: http ?? "", httpsProxy: https ?? "", noProxy });
}

import { EnvHttpProxyAgent, type Dispatcher } from "undici";
import type { ProxySettings } from "../network/proxy-settings.ts";

/** Sends requests through proxies. Ignores proxies in the process's environment. */
export function proxyDispatcher({ http, https, noProxy }: ProxySettings): Dispatcher {
  return new EnvHttpProxyAgent({ httpProxy: http ?? "", httpsProxy: https ?? "", noProxy });
}

import { dirname } from "node:path";
import type { BundlePlugin } from "juju-charm/pack";

/** Every dispatcher has `request()`. undici's own index loads all that undici has. */
const REQUESTS = `
const Dispatcher = require("undici/lib/dispatcher/dispatcher.js");
Dispatcher.prototype.request = require("undici/lib/api/api-request.js");
`;

/** The LXD client uses a pool of connections. */
const POOL_ONLY = `${REQUESTS}
module.exports = { Pool: require("undici/lib/dispatcher/pool.js") };
`;

/** What the others use, each part once it is used. fetch is not in it: it takes as much memory as all the rest. */
const WITHOUT_FETCH = `${REQUESTS}
// Proxies call it themselves.
Dispatcher.prototype.connect = require("undici/lib/api/api-connect.js");
module.exports = {
  Agent: require("undici/lib/dispatcher/agent.js"),
  get EnvHttpProxyAgent() { return require("undici/lib/dispatcher/env-http-proxy-agent.js"); },
  get getGlobalDispatcher() { return require("undici/lib/global.js").getGlobalDispatcher; },
  get interceptors() { return { redirect: require("undici/lib/interceptor/redirect.js") }; },
};
`;

/** Off by default in this undici. Its module loads node:http2, which takes as long as half of the rest. */
const NO_HTTP2 = `module.exports = () => { throw new Error("This archive contains no HTTP/2") };`;

/**
 * Leaves out the parts of undici that nothing uses, and most of the others where only LXD is asked: loading undici took
 * a third of an update-status, and a third of the runner service's memory.
 */
export const slimUndici: BundlePlugin = {
  name: "slim-undici",
  setup(build) {
    build.onResolve({ filter: /^undici$/ }, ({ importer, resolveDir }) =>
      /\/lxd-client\/(?:src|dist)\//.test(importer)
        ? { path: "pool", namespace: "slim-undici", pluginData: resolveDir }
        : { path: "without-fetch", namespace: "slim-undici", pluginData: resolveDir },
    );
    build.onLoad({ filter: /.*/, namespace: "slim-undici" }, ({ path, pluginData }) => ({
      contents: path === "pool" ? POOL_ONLY : WITHOUT_FETCH,
      resolveDir: String(pluginData),
      loader: "js",
    }));
    build.onLoad({ filter: /\/undici\/lib\/dispatcher\/client-h2\.js$/ }, ({ path }) => ({
      contents: NO_HTTP2,
      resolveDir: dirname(path),
      loader: "js",
    }));
  },
};

/** What `package.json` names for the packer. */
export const plugins: readonly BundlePlugin[] = [slimUndici];

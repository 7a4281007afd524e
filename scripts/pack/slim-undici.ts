import { dirname } from "node:path";
import type { BundlePlugin } from "juju-charm/pack";

/** The LXD client uses a pool of connections and its `request()`. undici's own index loads all that undici has. */
const POOL_ONLY = `
const Dispatcher = require("undici/lib/dispatcher/dispatcher.js");
Dispatcher.prototype.request = require("undici/lib/api/api-request.js");
module.exports = { Pool: require("undici/lib/dispatcher/pool.js") };
`;

/** Off by default in this undici. Its module loads node:http2, which takes as long as half of the rest. */
const NO_HTTP2 = `module.exports = () => { throw new Error("This archive contains no HTTP/2") };`;

/**
 * Leaves out the parts of undici that no event uses, and most of the others where only LXD is asked: loading undici took
 * a third of an update-status.
 */
export const slimUndici: BundlePlugin = {
  name: "slim-undici",
  setup(build) {
    build.onResolve({ filter: /^undici$/ }, ({ importer, resolveDir }) =>
      /\/lxd-client\/(?:src|dist)\//.test(importer)
        ? { path: "pool", namespace: "slim-undici", pluginData: resolveDir }
        : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: "slim-undici" }, ({ pluginData }) => ({
      contents: POOL_ONLY,
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

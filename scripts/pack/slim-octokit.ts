import type { BundlePlugin } from "juju-charm/pack";

/** Plugins of Octokit with a table of all routes of the API, which would stay in the memory of the runner service. */
const UNUSED = /^@octokit\/plugin-(?:rest-endpoint-methods|paginate-rest)$/;

/** A plugin adds to the client what it returns. */
const NOTHING = `
const nothing = () => ({});
export { nothing as legacyRestEndpointMethods, nothing as restEndpointMethods, nothing as paginateRest };
`;

/** Leaves out the parts of Octokit that nothing uses: the charm names routes itself. */
export const slimOctokit: BundlePlugin = {
  name: "slim-octokit",
  setup: (build) => {
    build.onResolve({ filter: UNUSED }, ({ path }) => ({ path, namespace: "slim-octokit" }));
    build.onLoad({ filter: /.*/, namespace: "slim-octokit" }, () => ({ contents: NOTHING, loader: "js" }));
  },
};

/** What `package.json` names for the packer. */
export const plugins: readonly BundlePlugin[] = [slimOctokit];

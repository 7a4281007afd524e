import type { Environment } from "../src/index.ts";

/** The environment variables that every dispatch has, and the cache of compiled code if this process has one. */
export function hookEnvironment(dispatchPath: string, charmDir = "/nowhere/charm"): Environment {
  const cache = process.env["NODE_COMPILE_CACHE"];
  return {
    ...(cache !== undefined && { NODE_COMPILE_CACHE: cache }),
    JUJU_UNIT_NAME: "github-runner/3",
    JUJU_MODEL_NAME: "ci",
    JUJU_MODEL_UUID: "0b3c5bd2-6a4c-4f1e-8e0c-8a1f9d5f0a11",
    JUJU_CHARM_DIR: charmDir,
    JUJU_VERSION: "3.6.28",
    JUJU_DISPATCH_PATH: dispatchPath,
    JUJU_CONTEXT_ID: "github-runner/3-test-0123456789abcdef0123456789abcdef",
  };
}

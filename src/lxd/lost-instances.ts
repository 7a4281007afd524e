import { LxdError, type Instance, type LxdClient } from "lxd-client";

/**
 * Names of the instances on members of the cluster that are off. LXD lists them as in error, without their configuration.
 * Costs a request only where there is such an instance.
 */
export async function lostInstances(
  client: Pick<LxdClient, "cluster">,
  instances: readonly Instance[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const suspects = instances.filter(
    ({ config, location, status }) =>
      status === "Error" && location !== NO_CLUSTER && Object.keys(config).length === 0,
  );
  if (suspects.length === 0) return [];
  const members = await client.cluster.members(signal).catch((thrown: unknown) => {
    // The unit's own instances are listed, and matter more.
    if (thrown instanceof LxdError) return [];
    throw thrown;
  });
  const off = new Set(members.filter(({ status }) => status === "Offline").map(({ name }) => name));
  return suspects.filter(({ location }) => off.has(location)).map(({ name }) => name);
}

/** The location of the instances of a daemon that stands alone. */
const NO_CLUSTER = "none";

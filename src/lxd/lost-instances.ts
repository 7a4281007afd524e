import { LxdError, type ClusterMember, type Instance, type LxdClient } from "lxd-client";
import type { LostInstances } from "../runners/ports.ts";
import { KEYS, ownerText, type Owner } from "./ownership.ts";

/**
 * What is on members of the cluster that are off; undefined for nothing. LXD lists such instances as in error, without their
 * configuration. Costs a request only where there is one.
 */
export async function lostInstances(
  { client, owner }: { readonly client: Pick<LxdClient, "cluster">; readonly owner: Owner },
  instances: readonly Instance[],
  signal: AbortSignal,
): Promise<LostInstances | undefined> {
  const suspects = instances.filter(
    ({ config, location, status }) =>
      status === "Error" && location !== NO_CLUSTER && Object.keys(config).length === 0,
  );
  if (suspects.length === 0) return undefined;
  const members = await client.cluster.members(signal).catch((thrown: unknown) => {
    // The unit's own instances are listed, and matter more.
    if (thrown instanceof LxdError) return [];
    throw thrown;
  });
  const off = withStatus(members, "Offline");
  const names = suspects.filter(({ location }) => off.has(location)).map(({ name }) => name);
  if (names.length === 0) return undefined;
  const { unitName: unit } = owner;
  return { names, unit, units: unitsOn(withStatus(members, "Online"), instances, owner) };
}

/** The location of the instances of a daemon that stands alone. */
const NO_CLUSTER = "none";

function withStatus(members: readonly ClusterMember[], wanted: string): ReadonlySet<string> {
  return new Set(members.filter(({ status }) => status === wanted).map(({ name }) => name));
}

/** The application's units with a runner or a template on the members: they can create runners. The own one is among them. */
function unitsOn(
  members: ReadonlySet<string>,
  instances: readonly Instance[],
  owner: Owner,
): readonly string[] {
  const { unitName } = owner;
  const application = ownerText({ ...owner, unitName: unitName.slice(0, unitName.lastIndexOf("/") + 1) });
  const others = instances.flatMap(({ config, location }) => {
    const { [KEYS.owner]: text = "", [KEYS.role]: role } = config;
    const canCreate = members.has(location) && (role === "runner" || role === "template");
    const isOfApplication = text.startsWith(application) && /^\d+$/.test(text.slice(application.length));
    return canCreate && isOfApplication ? [text.slice(owner.deployment.length + 1)] : [];
  });
  return [...new Set([unitName, ...others])];
}

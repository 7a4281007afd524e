import type { RelationMetadata, RelationRole } from "./metadata.ts";
import { checkName, isReserved } from "./names.ts";
import type { YamlNode } from "./yaml-node.ts";

/** Keys of `charm.yaml` and the role of their endpoints. */
const ROLES = [
  ["provides", "provides"],
  ["requires", "requires"],
  ["peers", "peer"],
] as const;

/** Reads the endpoints of all roles. @param charmName Juju's charms may use reserved names. */
export function readRelations(
  charm: YamlNode,
  charmName: string,
): Readonly<Record<string, RelationMetadata>> {
  const relations: Record<string, RelationMetadata> = {};
  for (const [key, role] of ROLES) {
    for (const [name, endpoint] of charm.member(key).members()) {
      checkName(endpoint, name, "endpoint");
      if (Object.hasOwn(relations, name)) {
        endpoint.report(`the endpoint ${name} is in two roles; rename one of them`);
      }
      const relation = readRelation(role, endpoint);
      refuseReserved(endpoint, name, relation, charmName);
      relations[name] = relation;
    }
  }
  return relations;
}

function readRelation(role: RelationRole, endpoint: YamlNode): RelationMetadata {
  const bare = typeof endpoint.value === "string";
  if (!bare) endpoint.allowOnly(["interface", "limit", "optional", "scope"]);
  const limit = bare ? undefined : readLimit(endpoint.member("limit"));
  return {
    role,
    interface: bare ? endpoint.requiredText() : endpoint.member("interface").requiredText(),
    scope: bare ? "global" : endpoint.member("scope").choice(["global", "container"], "global"),
    limit: role === "peer" ? (limit ?? 1) : limit,
    optional: !bare && endpoint.member("optional").boolean(false),
  };
}

function readLimit(limit: YamlNode): number | undefined {
  if (limit.isMissing) return undefined;
  if (typeof limit.value === "number" && Number.isInteger(limit.value) && limit.value > 0) return limit.value;
  limit.report(`${limit.label} is ${JSON.stringify(limit.value)}; use a whole number from 1`);
  return undefined;
}

function refuseReserved(
  endpoint: YamlNode,
  name: string,
  { role, interface: interfaceName, scope }: RelationMetadata,
  charmName: string,
): void {
  if (isReserved(charmName)) return;
  const joinsHost = role === "requires" && scope === "container" && interfaceName === "juju-info";
  if (isReserved(name) && !(joinsHost && name === "juju-info")) {
    endpoint.report(`the endpoint name "${name}" is reserved by Juju; use one that does not begin with juju`);
  }
  if (isReserved(interfaceName) && !joinsHost) {
    endpoint.report(`the interface "${interfaceName}" is reserved by Juju; only subordinates can require it`);
  }
}

import {
  BASE_ARCHITECTURES,
  type BaseMetadata,
  type CharmMetadata,
  type ResourceMetadata,
} from "./metadata.ts";
import { checkName } from "./names.ts";
import { readRelations } from "./read-relations.ts";
import { readStorages } from "./read-storages.ts";
import type { YamlNode } from "./yaml-node.ts";
import type { JsonObject } from "../tools/hook-tools.ts";

/** Keys of Juju's first metadata format. Together with bases Juju calls them ambiguous, and Juju 4 refuses them. */
const OLD_KEYS: Readonly<Record<string, string>> = {
  series: "name systems in bases",
  "min-juju-version": 'write "assumes: [juju >= <version>]"',
  deployment: "it was for Kubernetes charms",
  payloads: "Juju has none any more",
};

/** Keys that only a Kubernetes charm has. */
const KUBERNETES_KEYS = ["containers", "devices"];

/** Reads `charm.yaml` (or the `metadata.yaml` of a packed charm), but for options and actions. */
export function readCharm(charm: YamlNode): Omit<CharmMetadata, "options" | "actions"> {
  const name = charm.member("name").requiredText();
  if (name) checkName(charm.member("name"), name, "charm");
  refuseKeys(charm);
  const subordinate = charm.member("subordinate").boolean(false);
  const relations = readRelations(charm, name);
  const joins = Object.values(relations).some(
    ({ role, scope }) => role === "requires" && scope === "container",
  );
  if (subordinate && !joins) {
    charm.member("subordinate").fault('a subordinate needs an endpoint in requires with "scope: container"');
  }
  return {
    name,
    title: charm.member("title").text() ?? charm.member("display-name").text() ?? name,
    summary: charm.member("summary").requiredText(),
    description: charm.member("description").requiredText(),
    subordinate,
    bases: charm.member("bases").items().map(readBase),
    relations,
    extraBindings: readExtraBindings(charm.member("extra-bindings"), relations),
    storages: readStorages(charm.member("storage")),
    resources: Object.fromEntries(charm.member("resources").members().map(readResource)),
    source: (charm.value ?? {}) as JsonObject,
  };
}

function refuseKeys(charm: YamlNode): void {
  for (const [name, member] of charm.members()) {
    const old = OLD_KEYS[name];
    if (old) member.fault(`${name} belongs to an old metadata format: ${old}`);
    if (KUBERNETES_KEYS.includes(name)) {
      member.fault(
        `${name} are for Kubernetes charms, and this is a framework for machine charms; take them out`,
      );
    }
  }
}

function readBase(base: YamlNode): BaseMetadata {
  base.allowOnly(["name", "channel", "architectures"]);
  return {
    name: base.member("name").requiredText(),
    channel: base.member("channel").requiredText(),
    architectures: base
      .member("architectures")
      .items()
      .map((item) => item.choice(BASE_ARCHITECTURES)),
  };
}

function readExtraBindings(bindings: YamlNode, relations: CharmMetadata["relations"]): string[] {
  return bindings.members().map(([name, binding]) => {
    checkName(binding, name, "endpoint");
    if (!binding.isMissing) binding.fault(`the extra binding ${name} takes no value; write "${name}:"`);
    if (Object.hasOwn(relations, name)) binding.fault(`${name} is an endpoint too; give one another name`);
    return name;
  });
}

function readResource([name, resource]: readonly [string, YamlNode]): [string, ResourceMetadata] {
  checkName(resource, name, "resource");
  resource.allowOnly(["type", "filename", "description", "upstream-source"]);
  const type = resource.member("type").choice(["file", "oci-image"], "file");
  const description = resource.member("description").text() ?? "";
  if (type === "oci-image") return [name, { type, description, filename: undefined }];
  const filename = resource.member("filename").requiredText();
  if (filename.includes("/"))
    resource.member("filename").fault(`${filename} is a path; use a name without "/"`);
  return [name, { type, description, filename }];
}

import { checkKeys, type CharmFile } from "./charm-keys.ts";
import type { CharmMetadata, ResourceMetadata } from "./metadata.ts";
import { checkName } from "./names.ts";
import { readBases } from "./read-bases.ts";
import { readRelations } from "./read-relations.ts";
import { readStorages } from "./read-storages.ts";
import type { YamlNode } from "./yaml-node.ts";
import type { JsonObject } from "../tools/hook-tools.ts";

/** Reads a charm's main metadata file, without options and actions. @param file its name. */
export function readCharm(charm: YamlNode, file: CharmFile): Omit<CharmMetadata, "options" | "actions"> {
  const name = charm.member("name").requiredText();
  if (name) checkName(charm.member("name"), name, "charm");
  checkKeys(charm, file);
  const subordinate = charm.member("subordinate").boolean(false);
  const relations = readRelations(charm, name);
  const joins = Object.values(relations).some(
    ({ role, scope }) => role === "requires" && scope === "container",
  );
  if (subordinate && !joins) {
    charm.member("subordinate").report('a subordinate needs an endpoint in requires with "scope: container"');
  }
  return {
    name,
    title: charm.member("title").text() ?? charm.member("display-name").text() ?? name,
    summary: charm.member("summary").requiredText(),
    description: charm.member("description").requiredText(),
    subordinate,
    bases: readBases(charm),
    relations,
    extraBindings: readExtraBindings(charm.member("extra-bindings"), relations),
    storages: readStorages(charm.member("storage")),
    resources: Object.fromEntries(charm.member("resources").members().map(readResource)),
    source: (charm.value ?? {}) as JsonObject,
  };
}

function readExtraBindings(bindings: YamlNode, relations: CharmMetadata["relations"]): string[] {
  return bindings.members().map(([name, binding]) => {
    checkName(binding, name, "endpoint");
    if (!binding.isMissing)
      binding.report(`the extra binding ${name} must not have a value; write "${name}:"`);
    if (Object.hasOwn(relations, name)) binding.report(`${name} is also an endpoint; rename one of them`);
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
    resource.member("filename").report(`${filename} is a path; use a name without "/"`);
  return [name, { type, description, filename }];
}

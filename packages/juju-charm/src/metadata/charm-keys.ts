import { acceptedInstead } from "./accepted-instead.ts";
import type { YamlNode } from "./yaml-node.ts";

/** Keys that Juju reads, with the same names in `metadata.yaml`. */
const SHARED_KEYS = [
  "name",
  "summary",
  "description",
  "assumes",
  "charm-user",
  "extra-bindings",
  "peers",
  "provides",
  "requires",
  "resources",
  "storage",
  "subordinate",
  "terms",
];

/** Keys of the unified file that are not in `metadata.yaml`: charmcraft moves them to other files or only uses them itself. */
export const UNIFIED_KEYS: readonly string[] = [
  "title",
  "type",
  "base",
  "build-base",
  "bases",
  "platforms",
  "config",
  "actions",
  "links",
  "parts",
  "charm-libs",
  "analysis",
  "adopt-info",
  "package-repositories",
  "charmhub",
];

/** Descriptive keys of `metadata.yaml`, with their replacement in the unified file. */
const LEGACY_KEYS: Readonly<Record<string, string>> = {
  "display-name": "write title",
  maintainer: "write links.contact",
  maintainers: "write links.contact",
  docs: "write links.documentation",
  issues: "write links.issues",
  source: "write links.source",
  website: "write links.website",
  tags: "Charmhub no longer reads it",
  categories: "Charmhub no longer reads it",
};

/** Known but unsupported keys. */
const REFUSED_KEYS: Readonly<Record<string, string>> = {
  series: "it belongs to an old metadata format: declare systems in bases",
  "min-juju-version": 'it belongs to an old metadata format: write "assumes: [juju >= <version>]"',
  deployment: "it belongs to an old metadata format for Kubernetes charms",
  payloads: "it belongs to an old metadata format: Juju no longer has payloads",
  containers: "it is for Kubernetes charms, and this framework is for machine charms; remove it",
  devices: "it is for Kubernetes charms, and this framework is for machine charms; remove it",
  options: "write it below config, or in config.yaml",
  extensions: 'only charmcraft expands extensions; use the output of "charmcraft expand-extensions"',
};

/** Name of a metadata file. */
export type CharmFile = (typeof CHARM_FILES)[number];
/** The unified file with the name of this framework or charmcraft, and the metadata file of an archive. */
export const CHARM_FILES = ["charm.yaml", "charmcraft.yaml", "metadata.yaml"] as const;

/** Reports invalid keys. `charmcraft.yaml` accepts charmcraft's keys, and `charm.yaml` also Juju's names. */
export function checkKeys(charm: YamlNode, file: CharmFile): void {
  const known = [...SHARED_KEYS, ...UNIFIED_KEYS];
  for (const [name, member] of charm.members()) {
    const refusal = REFUSED_KEYS[name];
    if (refusal !== undefined) member.report(`${name} cannot be used: ${refusal}`);
    // Juju ignores unknown keys in metadata.yaml, which a newer program may have written.
    else if (file === "metadata.yaml" || known.includes(name)) continue;
    else if (!Object.hasOwn(LEGACY_KEYS, name))
      member.report(`${name} is not known; ${acceptedInstead(name, known)}`);
    else if (file === "charmcraft.yaml") {
      member.report(`${name} is not known to charmcraft; ${LEGACY_KEYS[name] ?? ""}`);
    }
  }
  if (file === "metadata.yaml") return;
  charm.member("type").choice(["charm"], "charm");
  checkUnread(charm);
}

/** Checks the types of keys that only Juju, Charmhub or charmcraft reads. */
function checkUnread(charm: YamlNode): void {
  charm.member("links").allowOnly(["contact", "documentation", "issues", "source", "website"]);
  charm.member("charm-user").choice(["root", "sudoer", "non-root"], "root");
  checkAssumes(charm.member("assumes"));
  charm.member("analysis").allowOnly(["ignore"]);
  charm.member("analysis").member("ignore").allowOnly(["attributes", "linters"]);
  charm.member("charmhub").allowOnly(["api-url", "storage-url", "registry-url"]);
  for (const library of charm.member("charm-libs").items()) library.allowOnly(["lib", "version"]);
  for (const [, part] of charm.member("parts").members()) part.members();
  for (const term of charm.member("terms").items()) term.requiredText();
}

function checkAssumes(list: YamlNode): void {
  for (const item of list.items()) {
    if (typeof item.value === "string") continue;
    item.allowOnly(["any-of", "all-of"]);
    for (const [, members] of item.members()) checkAssumes(members);
  }
}

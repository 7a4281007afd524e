import { acceptedInstead } from "./accepted-instead.ts";
import type { YamlNode } from "./yaml-node.ts";

/** Keys that Juju reads, by the names that they have in `metadata.yaml` too. */
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

/** Keys of the unified file that `metadata.yaml` has not: charmcraft splits them off or keeps them for itself. */
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

/** Keys of `metadata.yaml` that tell people, or Charmhub; the unified file has other names for most. */
const LEGACY_KEYS: Readonly<Record<string, string>> = {
  "display-name": "write title",
  maintainer: "write links.contact",
  maintainers: "write links.contact",
  docs: "write links.documentation",
  issues: "write links.issues",
  source: "write links.source",
  website: "write links.website",
  tags: "Charmhub reads none any more",
  categories: "Charmhub reads none any more",
};

/** Keys that are known and cannot be honoured. */
const REFUSED_KEYS: Readonly<Record<string, string>> = {
  series: "it belongs to an old metadata format: name systems in bases",
  "min-juju-version": 'it belongs to an old metadata format: write "assumes: [juju >= <version>]"',
  deployment: "it belongs to an old metadata format: it was for Kubernetes charms",
  payloads: "it belongs to an old metadata format: Juju has none any more",
  containers: "it is for Kubernetes charms, and this is a framework for machine charms; take it out",
  devices: "it is for Kubernetes charms, and this is a framework for machine charms; take it out",
  options: "write it below config, or in config.yaml",
  extensions: 'only charmcraft expands extensions; write out what "charmcraft expand-extensions" prints',
};

/** Which of the files a charm's metadata may be in. */
export type CharmFile = (typeof CHARM_FILES)[number];
/** The unified file, by its name here and by charmcraft's, and what both become in an archive. */
export const CHARM_FILES = ["charm.yaml", "charmcraft.yaml", "metadata.yaml"] as const;

/** Notes what must not be in the file: `charmcraft.yaml` as charmcraft takes it, `charm.yaml` with Juju's own names too. */
export function checkKeys(charm: YamlNode, file: CharmFile): void {
  const known = [...SHARED_KEYS, ...UNIFIED_KEYS];
  for (const [name, member] of charm.members()) {
    const refusal = REFUSED_KEYS[name];
    if (refusal !== undefined) member.fault(`${name} cannot be used: ${refusal}`);
    // Juju ignores what it does not know in metadata.yaml, which newer programs may have written.
    else if (file === "metadata.yaml" || known.includes(name)) continue;
    else if (!Object.hasOwn(LEGACY_KEYS, name))
      member.fault(`${name} is not known; ${acceptedInstead(name, known)}`);
    else if (file === "charmcraft.yaml") {
      member.fault(`${name} is not known to charmcraft; ${LEGACY_KEYS[name] ?? ""}`);
    }
  }
  if (file === "metadata.yaml") return;
  charm.member("type").choice(["charm"], "charm");
  checkUnread(charm);
}

/** Checks the shape of what only Juju, Charmhub or charmcraft reads. */
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

import { BASE_ARCHITECTURES, type BaseArchitecture, type BaseMetadata } from "./metadata.ts";
import type { YamlNode } from "./yaml-node.ts";

/** A system, such as `ubuntu@24.04`, and a platform, such as `ubuntu@24.04:amd64`. */
const PLATFORM = /^(?:(?<system>[a-z]+@[^:@]+):)?(?<architecture>[a-z0-9]+)$/;
const SYSTEM = /^(?<name>[a-z]+)@(?<channel>[^:@\s]+)$/;

/**
 * Reads the systems that a charm runs on, in any form of charmcraft: `bases` with a name and a channel, or with `build-on`
 * and `run-on`; or `platforms`, with or without `base`.
 */
export function readBases(charm: YamlNode): readonly BaseMetadata[] {
  const bases = charm.member("bases");
  const platforms = charm.member("platforms");
  const base = charm.member("base");
  if (bases.isMissing) return readPlatforms(platforms, base);
  for (const other of [platforms, base]) {
    if (!other.isMissing) other.report(`${other.label} and bases declare the same; keep one of them`);
  }
  return bases.items().flatMap(readBase);
}

function readBase(base: YamlNode): readonly BaseMetadata[] {
  if (base.member("run-on").isMissing && base.member("build-on").isMissing) return [readSystem(base)];
  base.allowOnly(["build-on", "run-on"]);
  base.member("build-on").items().forEach(readSystem);
  return base.member("run-on").items().map(readSystem);
}

function readSystem(base: YamlNode): BaseMetadata {
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

/** Target of a platform; an undefined architecture means all. */
interface Target {
  readonly system: string;
  readonly architecture: BaseArchitecture | undefined;
}

function readPlatforms(platforms: YamlNode, base: YamlNode): readonly BaseMetadata[] {
  const common = base.text();
  if (common !== undefined && !SYSTEM.test(common)) {
    base.report(`base is ${JSON.stringify(common)}; use a system and its release, such as ubuntu@24.04`);
  }
  if (common !== undefined && platforms.isMissing) {
    platforms.report("base needs platforms; add them with the architectures");
  }
  const targets = platforms.members().flatMap(([name, platform]) => readPlatform(name, platform, common));
  return [...new Set(targets.map(({ system }) => system))].flatMap((system) => {
    const { name, channel } = SYSTEM.exec(system)?.groups ?? {};
    if (name === undefined || channel === undefined) return [];
    return [
      { name, channel, architectures: architecturesOf(targets.filter((one) => one.system === system)) },
    ];
  });
}

function architecturesOf(targets: readonly Target[]): readonly BaseArchitecture[] {
  const named = targets.flatMap(({ architecture }) => architecture ?? []);
  return named.length < targets.length ? [] : [...new Set(named)];
}

function readPlatform(name: string, platform: YamlNode, common: string | undefined): readonly Target[] {
  if (platform.isMissing) return readTarget(name, platform, common);
  platform.allowOnly(["build-on", "build-for"]);
  for (const built of namesIn(platform.member("build-on"))) readTarget(built.text() ?? "", built, common);
  const builtFor = platform.member("build-for");
  if (builtFor.isMissing) builtFor.report(`${builtFor.label} is missing; add the architecture`);
  return namesIn(builtFor).flatMap((target) => readTarget(target.text() ?? "", target, common));
}

/** One name, or a list of them. */
function namesIn(node: YamlNode): readonly YamlNode[] {
  return typeof node.value === "string" ? [node] : node.items();
}

function readTarget(text: string, node: YamlNode, common: string | undefined): readonly Target[] {
  const { system = common, architecture } = PLATFORM.exec(text)?.groups ?? {};
  const known = BASE_ARCHITECTURES.find((one) => one === architecture);
  if (known === undefined && architecture !== "all") {
    node.report(
      `the platform ${text} is invalid; use an architecture such as amd64, with its system as in ` +
        "ubuntu@24.04:amd64, or a name with build-on and build-for",
    );
  } else if (system === undefined) {
    node.report(`the platform ${text} has no system; add base, or write the system as in ubuntu@24.04:amd64`);
  } else return [{ system, architecture: known }];
  return [];
}

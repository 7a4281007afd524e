import { parseGithubPath, GithubPathError, type GithubPath } from "../github/path.ts";
import type { Proxies, JsonObject } from "juju-charm";
import type { CapsuleLimits } from "../runners/log-keeper.ts";
import type { InstanceType } from "../runners/ports.ts";
import type { ProxySettings } from "../network/proxy-settings.ts";
import type { Configuration, DemandScaling, ForgeConfiguration } from "../unit/configuration.ts";
import { parseSize as sizeOf } from "charm-kit";
import type { InstalledOptions } from "../unit/installed-options.ts";
import { ConfigurationError, wrong, type Fault } from "./configuration-faults.ts";
import { changedOptions, IMMUTABLE } from "./immutable-options.ts";
import { parseNetworks, parseSubnet } from "./options/addresses.ts";
import { parseUbuntuRelease } from "./options/base-image.ts";
import { parseCertificates } from "./options/certificates.ts";
import { readCredentialSource, type CredentialSource } from "./options/credential-source.ts";
import { parseLabels } from "./options/labels.ts";
import { OptionFault, OptionReader, type CheckOptions } from "./options/option-reader.ts";
import { readPolicy } from "./options/policy.ts";
import { readAproxy, readProxies } from "./options/proxies.ts";
import { proxyServers, unreachable, type NeededServer } from "./options/reach.ts";
import { parseSize } from "./options/sizes.ts";
import { parseWebAddress } from "./options/web-address.ts";

/** A configuration as read from the options, with the source of the credentials. */
export type CharmConfiguration = Configuration & { readonly credentials: CredentialSource };

/** The part of the configuration that identifies the registration scope. */
export type CharmForgeConfiguration = ForgeConfiguration & { readonly credentials: CredentialSource };

/** The inputs of a configuration. */
export interface ConfigurationSources {
  /** The output of `config-get`. */
  readonly options: JsonObject;
  /** The proxies in the hook's environment, from the model configuration. */
  readonly proxies: Proxies;
  /** Options that are fixed since the install, so that a change of one is told together with other errors. @default none */
  readonly installed?: InstalledOptions | null;
}

/**
 * Parses options and the model's proxies into a configuration. Pure.
 *
 * @throws {@link ConfigurationError} with every error.
 */
export function parseConfiguration(
  { options, proxies, installed = null }: ConfigurationSources,
  check: CheckOptions,
): CharmConfiguration {
  const reader = new OptionReader(options, check);
  const insecure = reader.text("test-mode") === "insecure";
  const credentials = readCredentialSource(reader);
  const proxy = readProxies(proxies, reader);
  const parsed = {
    ...readRegistration(reader, insecure),
    ...readMachine(reader),
    ...readImage(reader, insecure),
    capsules: readCapsules(reader),
    denylist: reader.parse("denylist", parseNetworks),
    aproxy: readAproxy(reader, proxy),
    subnet: reader.text("runner-subnet") === "" ? undefined : reader.parse("runner-subnet", parseSubnet),
    dockerMirror: readMirror(reader, insecure),
    policy: readPolicy(reader),
    caCertificate: reader.parse("ca-certificate", parseCertificates),
  };
  const { path, labels, resources, baseImage, imageServer, denylist } = parsed;
  reader.refuse(...unreachable(serversOf(parsed, proxy), { denylist: denylist ?? [], insecure }));
  if (path?.kind === "enterprise" && credentials?.by === "app") {
    reader.refuse({
      option: "github-app-client-id",
      text: "GitHub lets no App manage the runners of an enterprise; set token-secret-id instead",
    });
  }
  const isWhole = credentials && path && labels && resources && baseImage && imageServer && denylist;
  const storage = reader.text("runner-storage") === "memory" ? "memory" : "juju-storage";
  if (!isWhole || reader.faults.length > 0) {
    const wanted = { ...(baseImage ? { "base-image": baseImage } : {}), "runner-storage": storage };
    throw new ConfigurationError([...reader.faults, ...changedSince(installed, wanted)]);
  }
  return {
    ...parsed,
    ...{ path, labels, resources, baseImage, imageServer, denylist },
    credentials,
    proxy,
    insecure,
    count: reader.whole("virtual-machines"),
    scaling: readScaling(reader),
    standby: reader.whole("standby-runners"),
    replacements: reader.whole("lost-member-runners"),
    processes: reader.whole("vm-processes"),
    reconcileMinutes: reader.whole("reconcile-interval"),
    metricsPort: reader.whole("metrics-port") || undefined,
    preJobScript: reader.text("pre-job-script").replaceAll("\r\n", "\n"),
    storage,
  };
}

/** The servers that runners reach themselves. The policy service is never reached through a proxy. */
function serversOf(
  { githubUrl, dockerMirror, policy }: Pick<Configuration, "githubUrl" | "dockerMirror" | "policy">,
  proxy: ProxySettings | undefined,
): readonly NeededServer[] {
  const direct = [
    { option: "github-url", url: githubUrl },
    { option: "dockerhub-mirror", url: dockerMirror ?? "" },
  ];
  return [
    ...(proxy ? proxyServers(proxy) : direct),
    ...(policy.by === "service" ? [{ option: "repo-policy-compliance-url", url: policy.url }] : []),
  ];
}

function changedSince(
  installed: InstalledOptions | null,
  wanted: Partial<InstalledOptions>,
): readonly Fault[] {
  if (!installed) return [];
  return changedOptions(installed, wanted).map((option) => ({ option, text: IMMUTABLE }));
}

/**
 * Parses only the options for GitHub. Removal needs nothing else; other invalid options must not block it. Pure.
 *
 * @throws {@link ConfigurationError} with every error in these options.
 */
export function parseForgeConfiguration(
  { options, proxies }: ConfigurationSources,
  check: CheckOptions,
): CharmForgeConfiguration {
  const reader = new OptionReader(options, (all) => check(all).filter(({ option }) => OF_FORGE.test(option)));
  const { path, githubUrl, group } = readRegistration(reader, reader.text("test-mode") === "insecure");
  const credentials = readCredentialSource(reader);
  const proxy = readProxies(proxies, reader);
  const caCertificate = reader.parse("ca-certificate", parseCertificates);
  const faults = reader.faults.filter(({ option }) => OF_FORGE.test(option));
  if (faults.length > 0 || !path || !credentials) throw new ConfigurationError(faults);
  return { path, githubUrl, group, proxy, caCertificate, credentials, scaling: readScaling(reader) };
}

const OF_FORGE = /^(?:path|group|token|token-secret-id|github-.*)$/;

const SERVER = /^https?:\/\/([a-z\d.-]+)(?::\d{1,5})?$/i;
const LABEL = /^[a-z\d](?:[a-z\d-]*[a-z\d])?$/i;
/** Such as api.github.com, which would be taken for the name of a GitHub Enterprise Server. */
const SERVICE_OF_GITHUB = /^(?!www\.).*\.github\.com$/i;

function readRegistration(reader: OptionReader, insecure: boolean) {
  const githubUrl = reader.text("github-url").replace(/\/$/, "");
  if (githubUrl.startsWith("http://") && !insecure) {
    reader.refuse(wrong("github-url", "http, not https"));
  }
  const [, host] = SERVER.exec(githubUrl) ?? [];
  if (
    host !== undefined &&
    !(URL.canParse(githubUrl) && host.split(".").every((label) => LABEL.test(label)))
  ) {
    reader.refuse(wrong("github-url", "no server can have this name or port"));
  }
  if (host !== undefined && SERVICE_OF_GITHUB.test(host)) {
    reader.refuse(wrong("github-url", "a service of GitHub, not its web site"));
  }
  return {
    path: reader.parse("path", readPath),
    githubUrl,
    group: reader.text("group"),
    labels: reader.parse("labels", parseLabels),
  };
}

function readScaling(reader: OptionReader): DemandScaling | undefined {
  if (reader.text("scaling") !== "demand") return undefined;
  return { idle: reader.whole("idle-runners"), scaleSetName: reader.text("scale-set-name") };
}

/** LXD's own size of a virtual machine's disk, which builder and template have: a clone cannot be smaller. */
const SMALLEST_VM_DISK = 10 * 2 ** 30;

/** What is smaller leaves a job next to nothing beside the system of its runner: a wrong unit, such as MiB for GiB. */
const SMALLEST_MEMORY = 256 * 2 ** 20;
const SMALLEST_DISK = 2 ** 30;

function readMachine(reader: OptionReader) {
  const memory = reader.parse("vm-memory", parseSize);
  const disk = reader.parse("vm-disk", parseSize);
  const instanceType: InstanceType =
    reader.text("instance-type") === "container" ? "container" : "virtual-machine";
  if (instanceType === "virtual-machine" && disk && (sizeOf(disk) ?? 0) < SMALLEST_VM_DISK) {
    reader.refuse({
      option: "vm-disk",
      text: "smaller than the 10GiB of a virtual machine's image, which cannot shrink; use 10GiB or more, or instance-type=container",
    });
  }
  if (memory && (sizeOf(memory) ?? 0) < SMALLEST_MEMORY) {
    reader.refuse({
      option: "vm-memory",
      text: "too little for a runner; use 256MiB or more, such as 7GiB",
    });
  }
  if (disk && (sizeOf(disk) ?? 0) < SMALLEST_DISK) {
    reader.refuse({
      option: "vm-disk",
      text: "too small for a runner; use 1GiB or more, such as 10GiB",
    });
  }
  const resources = memory && disk ? { cpu: reader.whole("vm-cpu"), memory, disk } : undefined;
  return { instanceType, resources };
}

/** As much as one capsule takes at most. */
const LARGEST_CAPSULE = 8 * 2 ** 20;
const DAY_MS = 24 * 60 * 60_000;

function readCapsules(reader: OptionReader): CapsuleLimits | undefined {
  const size = reader.parse("capsule-size", parseSize);
  const bytes = size === undefined ? undefined : sizeOf(size);
  if (bytes === undefined) return undefined;
  if (bytes < LARGEST_CAPSULE) reader.refuse(wrong("capsule-size", "smaller than one capsule"));
  return { count: reader.whole("capsule-count"), bytes, ageMs: reader.whole("capsule-days") * DAY_MS };
}

function readImage(reader: OptionReader, insecure: boolean) {
  const isLocal = reader.text("image-server") === "local";
  return {
    baseImage: reader.parse("base-image", (text) => (isLocal ? text : parseUbuntuRelease(text))),
    imageServer: reader.parse("image-server", (text) =>
      text === "local" ? text : parseWebAddress(text, { http: insecure }),
    ),
    packages: reader.text("image-packages").split(" ").filter(Boolean),
  };
}

function readMirror(reader: OptionReader, insecure: boolean): string | undefined {
  if (reader.text("dockerhub-mirror") === "") return undefined;
  return reader.parse("dockerhub-mirror", (text) => parseWebAddress(text, { http: insecure }));
}

function readPath(text: string): GithubPath {
  try {
    return parseGithubPath(text);
  } catch (thrown) {
    if (!(thrown instanceof GithubPathError)) throw thrown;
    throw new OptionFault(thrown.fault.replace(/^it (?:has )?/, ""));
  }
}

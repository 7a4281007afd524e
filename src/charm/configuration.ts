import { parseGithubPath, type GithubPath } from "../github/path.ts";
import type { JsonObject } from "../framework/tools/hook-tools.ts";
import type { Network } from "../network/network.ts";
import { readNetworkList } from "../network/read-network-list.ts";
import type { VirtualMachineResources } from "../runners/runner.ts";
import { messageOf } from "../support/errors.ts";
import { Secret } from "../support/secret.ts";
import { ConfigurationError, type Fault } from "./configuration-faults.ts";
import type { GithubRunnerTypes } from "./metadata.generated.ts";

export type InstanceType = "virtual-machine" | "container";

/** The options of the charm, checked, and in the form that the rest of it works with. */
export interface Configuration {
  readonly path: GithubPath;
  readonly token: Secret;
  /** Without a slash at the end. */
  readonly githubUrl: string;
  readonly group: string;
  /** Labels of the operator, trimmed, in their order. */
  readonly labels: readonly string[];
  readonly count: number;
  readonly instanceType: InstanceType;
  readonly resources: VirtualMachineResources;
  readonly baseImage: string;
  readonly imageServer: string;
  readonly packages: readonly string[];
  /** Networks that runners must not reach. */
  readonly denylist: readonly Network[];
  /** From the end of one reconcile to the start of the next. */
  readonly reconcileMinutes: number;
}

/** Checks single options by the schema and returns what is wrong with them. */
export type CheckOptions = (options: JsonObject) => readonly Fault[];

/** Names of the options whose values are of a type. */
type OptionOf<Value> = {
  [Name in keyof GithubRunnerTypes["options"]]: GithubRunnerTypes["options"][Name] extends Value
    ? Name
    : never;
}[keyof GithubRunnerTypes["options"]];

const LABEL = /^[A-Za-z0-9_-]+$/;

/**
 * Turns what `config-get` answers into a configuration. Pure.
 *
 * @throws {@link ConfigurationError} with every fault.
 */
export function parseConfiguration(options: JsonObject, check: CheckOptions): Configuration {
  const faults = [...check(options)];
  const faulty = (option: string) => faults.some((fault) => fault.option === option);
  const attempt = <T>(option: string, parse: () => T): T | undefined => {
    if (faulty(option)) return undefined;
    try {
      return parse();
    } catch (thrown) {
      faults.push({ option, text: messageOf(thrown) });
      return undefined;
    }
  };
  const path = attempt("path", () => parseGithubPath(text(options, "path")));
  const labels = attempt("labels", () => parseLabels(text(options, "labels")));
  const denylist = attempt("denylist", () => parseDenylist(text(options, "denylist")));
  faults.push(...relatedFaults(options).filter(({ option }) => !faulty(option)));
  if (faults.length > 0 || !path || !labels || !denylist) throw new ConfigurationError(faults);
  return {
    path,
    labels,
    denylist,
    token: new Secret(text(options, "token")),
    githubUrl: text(options, "github-url").replace(/\/$/, ""),
    group: text(options, "group"),
    count: whole(options, "virtual-machines"),
    instanceType: text(options, "instance-type") === "container" ? "container" : "virtual-machine",
    resources: {
      cpu: whole(options, "vm-cpu"),
      memory: text(options, "vm-memory"),
      disk: text(options, "vm-disk"),
    },
    baseImage: text(options, "base-image"),
    imageServer: text(options, "image-server"),
    packages: text(options, "image-packages").split(" ").filter(Boolean),
    reconcileMinutes: whole(options, "reconcile-interval"),
  };
}

/** Rules that no option breaks on its own. */
function relatedFaults(options: JsonObject): Fault[] {
  const faults: Fault[] = [];
  if (text(options, "token") === "") {
    faults.push({ option: "token", text: "missing; set it to a personal access token of GitHub" });
  }
  if (text(options, "github-url").startsWith("http://") && text(options, "test-mode") !== "insecure") {
    faults.push({
      option: "github-url",
      text: "http is for tests only; use https, or set test-mode=insecure",
    });
  }
  if (text(options, "image-server") !== "local") {
    faults.push({
      option: "image-server",
      text: "this version builds from images in the local LXD store only; import one and set image-server=local",
    });
  }
  if (text(options, "instance-type") !== "container") {
    faults.push({
      option: "instance-type",
      text: "this version runs containers only; set instance-type=container",
    });
  }
  return faults;
}

function parseLabels(list: string): readonly string[] {
  const labels = list
    .split(",")
    .map((label) => label.trim())
    .filter(Boolean);
  const bad = labels.filter((label) => !LABEL.test(label));
  if (bad.length > 0) {
    const named = bad.map((label) => JSON.stringify(label)).join(", ");
    throw new Error(
      `${named} cannot be a label; use letters, digits, hyphens and underscores, separated by commas`,
    );
  }
  return labels;
}

function parseDenylist(list: string): readonly Network[] {
  const { networks, faults } = readNetworkList(list);
  if (faults.length > 0) {
    throw new Error(`${faults.join(", ")}; use networks such as 10.0.0.0/8 or fd00::/8, separated by commas`);
  }
  return networks;
}

function text(options: JsonObject, name: OptionOf<string>): string {
  const value = options[name];
  return typeof value === "string" ? value.trim() : "";
}

function whole(options: JsonObject, name: OptionOf<number>): number {
  const value = options[name];
  return typeof value === "number" ? value : 0;
}

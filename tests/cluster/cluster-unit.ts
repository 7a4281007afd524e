import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Instance } from "lxd-client";
import { HOST_PATHS } from "../../src/host/host-paths.ts";
import { STANDARD_TOKEN } from "../support/github/http/callers.ts";
import type { ClusterMember } from "../support/lxd/cluster/cluster-member.ts";
import { containerConfiguration } from "../unit/container-configuration.ts";
import type { WorkloadInput, WorkloadOutput } from "../unit/workload-program.ts";

const PROGRAM = join(import.meta.dirname, "../unit/workload-program.ts");

export interface ClusterUnitOptions {
  /** Such as `clu/0`. */
  readonly unitName: string;
  /** The same for all units of one model. */
  readonly deployment: string;
  readonly githubUrl: string;
  /** Such as `acme/widgets`. */
  readonly repository: string;
  readonly count: number;
  /** Most runners in place of lost ones. */
  readonly replacements: number;
  /** Whether its pool is on the disk that its member has for it. @default it is in memory */
  readonly hasDisk?: boolean;
}

/** A unit on a member of a cluster: each verb is a process on the member's machine, as a hook is. */
export class ClusterUnit {
  /** Such as `clu-0`. */
  readonly slug: string;
  readonly #member: () => ClusterMember;
  readonly #options: ClusterUnitOptions;

  /** @param member gives the machine as it is now. */
  constructor(member: () => ClusterMember, options: ClusterUnitOptions) {
    this.#member = member;
    this.#options = options;
    this.slug = options.unitName.replace("/", "-");
  }

  get member(): ClusterMember {
    return this.#member();
  }

  /** @returns what the verb tells. */
  async run(verb: "reconcile" | "check" | "remove", signal: AbortSignal): Promise<WorkloadOutput> {
    const [program, ...words] = this.member.command([process.execPath, PROGRAM, verb]);
    const child = spawn(program, words, { stdio: ["pipe", "pipe", "pipe"], signal });
    child.stdin.end(JSON.stringify(this.#input()));
    const [stdout, stderr] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close"),
    ]);
    if (child.exitCode !== 0) throw new Error(`${verb} of ${this.#options.unitName}: ${stderr}`);
    return JSON.parse(stdout) as WorkloadOutput;
  }

  /** Instances whose names are the unit's, wherever they are. */
  async instances(signal: AbortSignal, from = this.member): Promise<readonly Instance[]> {
    const all = await from.client.instances.list(undefined, signal);
    return all.filter(({ name }) => name.startsWith(`${this.slug}-`));
  }

  /** Names of runners that have not stopped, in order. */
  async runners(signal: AbortSignal): Promise<readonly string[]> {
    const instances = await this.instances(signal);
    return instances
      .filter(({ config, status }) => config["user.github-runner.role"] === "runner" && status !== "Stopped")
      .map(({ name }) => name)
      .sort();
  }

  #input(): WorkloadInput {
    const {
      unitName,
      deployment,
      githubUrl,
      repository,
      count,
      replacements,
      hasDisk = false,
    } = this.#options;
    const { directory, storage } = this.member;
    const configuration = containerConfiguration({ repository, githubUrl, count });
    const at = (path: string) => join(directory, "unit", path);
    return {
      unit: { appName: unitName.slice(0, unitName.indexOf("/")), unitName, deployment },
      system: {
        arch: process.arch === "arm64" ? "arm64" : "x64",
        dataRoot: at("data"),
        logRoot: at("logs"),
        metricsLog: at("metrics.log"),
        metricsRotation: at("metrics-rotation"),
        systemd: { units: at("systemd"), booted: at("no-systemd") },
        paths: { ...HOST_PATHS, storage },
        env: {},
      },
      configuration: { ...configuration, replacements, ...(hasDisk && { storage: "juju-storage" }) },
      token: STANDARD_TOKEN,
    };
  }
}

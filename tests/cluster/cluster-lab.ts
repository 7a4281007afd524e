import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildArchive } from "../support/github/runner-application/build-archive.ts";
import { StandInProcess } from "../support/github/stand-in-process.ts";
import type { JobView } from "../support/github/state/job-record.ts";
import { LxdCluster, sweepControlGroups } from "../support/lxd/cluster/lxd-cluster.ts";
import { ClusterUnit } from "./cluster-unit.ts";

export interface ClusterLabOptions {
  readonly members: 2 | 3;
  /** Name of the application, with a unit on each member. At most 10 characters. */
  readonly application: string;
  /** Number of runners of each unit. */
  readonly count: number;
  /** Most runners of each unit in place of lost ones. @default none */
  readonly replacements?: number;
  /** @default that of LXD */
  readonly offlineSeconds?: number;
  /** Number, from 0, of a member whose unit has its pool on a disk. @default all have it in memory */
  readonly memberWithDisk?: number;
}

const REPOSITORY = "acme/widgets";

/** A cluster with a unit of one application on each member, and a GitHub. */
export class ClusterLab {
  readonly cluster: LxdCluster;
  readonly units: readonly [ClusterUnit, ClusterUnit, ...ClusterUnit[]];
  readonly #standIn: StandInProcess;
  readonly #options: ClusterLabOptions;
  readonly #directory: string;

  private constructor(
    options: ClusterLabOptions,
    parts: { readonly cluster: LxdCluster; readonly standIn: StandInProcess; readonly directory: string },
  ) {
    const { application, count, members, memberWithDisk, replacements = 0 } = options;
    this.cluster = parts.cluster;
    this.#standIn = parts.standIn;
    this.#directory = parts.directory;
    this.#options = options;
    const deployment = randomUUID();
    const githubUrl = this.#standIn.url;
    const unit = (index: number) =>
      new ClusterUnit(() => this.cluster.member(index), {
        unitName: `${application}/${index}`,
        deployment,
        githubUrl,
        repository: REPOSITORY,
        ...{ count, replacements },
        hasDisk: index === memberWithDisk,
      });
    this.units = members === 2 ? [unit(0), unit(1)] : [unit(0), unit(1), unit(2)];
  }

  static async start(options: ClusterLabOptions, signal: AbortSignal): Promise<ClusterLab> {
    const directory = await mkdtemp(join(tmpdir(), "cluster-lab-"));
    const archive = await buildArchive(directory, signal);
    const standIn = await StandInProcess.start(
      {
        controlSocket: join(directory, "github.sock"),
        archives: [archive.path],
        namespace: { name: `gh-${options.application}` },
      },
      signal,
    );
    try {
      const cluster = await LxdCluster.start(options, signal);
      return new ClusterLab(options, { cluster, standIn, directory });
    } catch (thrown) {
      await standIn.stop(signal);
      throw thrown;
    }
  }

  /** Names of all units' runners that have not stopped, in order. */
  async runners(signal: AbortSignal): Promise<readonly string[]> {
    return (await Promise.all(this.units.map((unit) => unit.runners(signal)))).flat().sort();
  }

  /** Names of the runners that GitHub lists as online, in order. */
  async online(signal: AbortSignal): Promise<readonly string[]> {
    const listed = await this.#standIn.control.call("list-runners", null, signal);
    return listed
      .filter(({ status }) => status === "online")
      .map(({ name }) => name)
      .sort();
  }

  /** Names of all runners that GitHub lists, in order. */
  async registered(signal: AbortSignal): Promise<readonly string[]> {
    const listed = await this.#standIn.control.call("list-runners", null, signal);
    return listed.map(({ name }) => name).sort();
  }

  queue(steps: readonly string[], signal: AbortSignal): Promise<JobView> {
    const request = { repository: REPOSITORY, labels: ["self-hosted"], steps };
    return this.#standIn.control.call("queue-job", request, signal);
  }

  ended(id: number, signal: AbortSignal): Promise<JobView> {
    return this.#standIn.control.call("wait-for-job", { id, status: "completed" }, signal);
  }

  /** Queues a job that lasts until it is released, and waits until a runner has it. */
  async occupy(signal: AbortSignal): Promise<JobView> {
    const { id } = await this.queue(["until [ -e /tmp/enough ]; do sleep 0.05; done; echo done"], signal);
    return this.#standIn.control.call("wait-for-job", { id, status: "in_progress" }, signal);
  }

  /** Lets a job of {@link ClusterLab.occupy} end. */
  async release({ runnerName = "" }: JobView, signal: AbortSignal): Promise<void> {
    const command = ["touch", "/tmp/enough"] as const;
    const unit = this.units.find(({ slug }) => runnerName.startsWith(`${slug}-`));
    await unit?.member.client.exec.run(runnerName, { command: [...command], maxOutputBytes: 1024 }, signal);
  }

  /** Everything in the cluster that is a unit's, a line each. */
  async objectsOf(unit: ClusterUnit, signal: AbortSignal): Promise<readonly string[]> {
    const { images, networkACLs, networks, profiles, storagePools } = this.cluster.member(0).client;
    const text = ` of unit ${unit.slug.replace(/-(?=\d+$)/, "/")}`;
    const lists = await Promise.all([
      profiles.list(signal),
      storagePools.list(signal),
      networkACLs.list(signal),
      networks.list(signal),
    ]);
    const named = lists.flat().filter(({ description }) => description.endsWith(text));
    const own = (await images.list(signal)).filter(({ properties }) =>
      (properties["description"] ?? "").endsWith(text),
    );
    const instances = await unit.instances(signal, this.cluster.member(0));
    return [
      ...named.map(({ name }) => name),
      ...own.map(({ fingerprint }) => fingerprint),
      ...instances
        .filter(({ config }) => config["user.github-runner.role"] !== "runner")
        .map(({ name }) => name),
    ].sort();
  }

  async close(signal: AbortSignal): Promise<void> {
    await this.cluster.remove();
    sweepControlGroups(`${this.#options.application}-`);
    await this.#standIn.stop(signal);
    await rm(this.#directory, { recursive: true, force: true });
  }
}

import { createReadStream, existsSync, readdirSync, rmdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BASE_IMAGE_ALIAS, baseImageTarball } from "../../base-image/ensure-base-image.ts";
import { ensureLxd } from "../ensure-lxd.ts";
import { ClusterMember, run, type MemberOptions } from "./cluster-member.ts";

export interface LxdClusterOptions {
  /** Number of members. */
  readonly members: number;
  /** Seconds after which a member that does not answer is offline; LXD takes no fewer than 11. @default that of LXD */
  readonly offlineSeconds?: number;
  /** Number, from 0, of a member that has a disk of its own for the pool of a unit. @default none has */
  readonly memberWithDisk?: number;
}

const PORT = 8443;
const STORAGE_BYTES = 3 * 2 ** 30;

/**
 * A cluster of LXD daemons on this machine, each in namespaces of its own, beside the machine's LXD and not touching it.
 * Holds the base image of the tests. Needs root, and the packages that the tests' LXD needs.
 */
export class LxdCluster {
  /** As they are: a member that was cut off and started again is another object. */
  readonly members: ClusterMember[] = [];
  readonly #directory: string;
  readonly #bridge: string;
  readonly #network: string;
  readonly #memberWithDisk: number | undefined;

  private constructor(
    directory: string,
    bridge: string,
    network: string,
    memberWithDisk: number | undefined,
  ) {
    this.#directory = directory;
    this.#bridge = bridge;
    this.#network = network;
    this.#memberWithDisk = memberWithDisk;
  }

  static async start(
    { members, memberWithDisk, offlineSeconds }: LxdClusterOptions,
    signal: AbortSignal,
  ): Promise<LxdCluster> {
    const told: string[] = [];
    // For its programs, and for the kernel's limits; this LXD itself is none of the members.
    if (!(await ensureLxd(signal, (line) => told.push(line))))
      throw new Error(`Cannot start a cluster: ${told.at(-1) ?? ""}`);
    const directory = await mkdtemp(join(tmpdir(), "lxd-cluster-"));
    // The process is in the names, so that suites side by side do not meet.
    const bridge = `clu${process.pid.toString(36)}`;
    const cluster = new LxdCluster(directory, bridge, `10.231.${process.pid % 256}`, memberWithDisk);
    try {
      await cluster.#build(members, signal);
      const [first] = cluster.members;
      if (offlineSeconds !== undefined) {
        await first?.run(["lxc", "config", "set", `cluster.offline_threshold=${offlineSeconds}`], signal);
      }
      await cluster.#importBaseImage(signal);
    } catch (thrown) {
      await cluster.remove();
      throw thrown;
    }
    return cluster;
  }

  /** The member of a number, from 0. */
  member(index: number): ClusterMember {
    const member = this.members[index];
    if (member === undefined) throw new Error(`The cluster has no member ${index}`);
    return member;
  }

  /** Starts a member that was cut off. */
  async restart(index: number, signal: AbortSignal): Promise<ClusterMember> {
    const member = await ClusterMember.start(this.#options(index), signal);
    this.members[index] = member;
    return member;
  }

  /** Ends all members and deletes what they had. */
  async remove(): Promise<void> {
    for (const member of this.members) await member.remove();
    if (existsSync(`/sys/class/net/${this.#bridge}`)) {
      await run(["ip", "link", "delete", this.#bridge], AbortSignal.timeout(10_000));
    }
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #build(count: number, signal: AbortSignal): Promise<void> {
    await run(["ip", "link", "add", this.#bridge, "type", "bridge"], signal);
    await run(["ip", "address", "add", `${this.#network}.1/24`, "dev", this.#bridge], signal);
    await run(["ip", "link", "set", this.#bridge, "up"], signal);
    for (let index = 0; index < count; index += 1) {
      const member = await ClusterMember.start(this.#options(index), signal);
      this.members.push(member);
      await (index === 0 ? this.#form(member, signal) : this.#join(member, signal));
    }
  }

  #options(index: number): MemberOptions {
    const name = `m${index + 1}`;
    const network = { bridge: this.#bridge, gateway: `${this.#network}.1` };
    const address = `${this.#network}.${index + 11}`;
    const storageBytes = index === this.#memberWithDisk ? STORAGE_BYTES : undefined;
    return { name, directory: join(this.#directory, name), address, network, storageBytes };
  }

  #form(member: ClusterMember, signal: AbortSignal): Promise<void> {
    const settings = [
      `config: {core.https_address: "${member.address}:${PORT}"}`,
      `cluster: {enabled: true, server_name: ${member.name}}`,
    ];
    return member.preseed(`${settings.join("\n")}\n`, signal);
  }

  async #join(member: ClusterMember, signal: AbortSignal): Promise<void> {
    const added = await this.member(0).run(["lxc", "cluster", "add", member.name, "--quiet"], signal);
    const token = added.trim().split("\n").at(-1) ?? "";
    const address = `${member.address}:${PORT}`;
    const cluster = `{enabled: true, server_address: "${address}", cluster_token: "${token}"}`;
    await member.preseed(`cluster: ${cluster}\n`, signal);
  }

  async #importBaseImage(signal: AbortSignal): Promise<void> {
    const { images, imageAliases } = this.member(0).client;
    const content = createReadStream(await baseImageTarball({}, signal));
    const outcome = await images.import({ format: "unified", content }, {}, signal);
    if (outcome.state !== "done") throw new Error("The import went unseen");
    const { fingerprint } = outcome.value;
    await imageAliases.point({ name: BASE_IMAGE_ALIAS, target: fingerprint, description: "" }, signal);
  }
}

/** Deletes the control groups that instances of ended members have left, by the beginning of their names. */
export function sweepControlGroups(prefix: string): void {
  const isLeft = (name: string) => /^lxc\.(?:payload|monitor)\./.test(name) && name.includes(`.${prefix}`);
  for (const hierarchy of ["", ...readdirSync("/sys/fs/cgroup")]) {
    const directory = join("/sys/fs/cgroup", hierarchy);
    const names = readdirSync(directory, { withFileTypes: true });
    for (const { name } of names.filter((entry) => entry.isDirectory() && isLeft(entry.name))) {
      removeGroup(join(directory, name));
    }
  }
}

/** A group can be deleted once those in it are. */
function removeGroup(directory: string): void {
  try {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (entry.isDirectory()) removeGroup(join(directory, entry.name));
    }
    rmdirSync(directory);
  } catch {
    // It is another one's, or has just gone.
  }
}

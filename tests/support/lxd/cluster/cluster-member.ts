import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { LxdClient, socketAt } from "lxd-client";
import { until } from "../../rig/until.ts";

/** The network that joins the members. */
export interface MemberNetwork {
  /** Name of the bridge. */
  readonly bridge: string;
  /** Of the machine that the members are on. */
  readonly gateway: string;
}

export interface MemberOptions {
  /** Such as `m1`. */
  readonly name: string;
  /** Everything of the member is below it. */
  readonly directory: string;
  readonly address: string;
  readonly network: MemberNetwork;
  /** Bytes of a disk of its own for the pool of a unit, mounted at {@link ClusterMember.storage}. @default it has none */
  readonly storageBytes?: number | undefined;
}

const SCRIPT = join(import.meta.dirname, "member.sh");
const READY_SECONDS = 60;

/**
 * A machine with an LXD of its own: namespaces of this machine. Its files are below a directory of this machine, and its
 * instances end with it.
 */
export class ClusterMember {
  readonly name: string;
  readonly directory: string;
  readonly address: string;
  readonly client: LxdClient;
  readonly #options: MemberOptions;
  readonly #process: ChildProcess;
  readonly #pid: number;

  private constructor(options: MemberOptions, process: ChildProcess, pid: number) {
    this.name = options.name;
    this.directory = options.directory;
    this.address = options.address;
    this.#options = options;
    this.#process = process;
    this.#pid = pid;
    this.client = new LxdClient(socketAt(socketOf(options)));
  }

  /** Starts a machine, or one that was lost again, with its disk, and waits until its LXD listens. */
  static async start(options: MemberOptions, signal: AbortSignal): Promise<ClusterMember> {
    const { name, directory, address, network } = options;
    const namespace = namespaceOf(options);
    await mkdir(directory, { recursive: true });
    await makeDisk(options, signal);
    await removeNetwork(options);
    // Of a machine that was lost.
    await rm(socketOf(options), { force: true });
    await run(["ip", "netns", "add", namespace], signal);
    await run(
      ["ip", "link", "add", namespace, "type", "veth", "peer", "name", "eth0", "netns", namespace],
      signal,
    );
    await run(["ip", "link", "set", namespace, "master", network.bridge, "up"], signal);
    const log = await open(join(directory, "member.log"), "a");
    const separate = ["unshare", "--mount", "--uts", "--pid", "--fork", "--mount-proc", "--kill-child"];
    const words = [`--net=/run/netns/${namespace}`, ...separate, "bash", SCRIPT, name, directory];
    const child = spawn("nsenter", [...words, address, network.gateway], {
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
    });
    await log.close();
    let pid = 0;
    const hasStarted = async () => {
      if (child.exitCode !== null) throw new Error(`Member ${name} has ended; see ${directory}/member.log`);
      pid = await firstChild(child.pid ?? 0);
      return pid > 0;
    };
    await until(`the start of member ${name}`, hasStarted, signal);
    // Before that, its commands would find the LXD of this machine.
    await until(`the LXD of member ${name}`, () => Promise.resolve(existsSync(socketOf(options))), signal);
    const member = new ClusterMember(options, child, pid);
    await member.run(["lxd", "waitready", "--timeout", String(READY_SECONDS)], signal);
    return member;
  }

  /** Where it has a disk of its own. */
  get storage(): string {
    return join(this.directory, "storage");
  }

  /** The command that runs another on this machine. */
  command(command: readonly string[]): readonly [string, ...string[]] {
    return ["nsenter", "-t", String(this.#pid), "--mount", "--net", "--uts", "--pid", "--", ...command];
  }

  /** Runs a command on this machine. @returns its output */
  run(command: readonly string[], signal: AbortSignal): Promise<string> {
    return run(this.command(command), signal);
  }

  /** Lets its LXD form or join a cluster, or whatever else `lxd init --preseed` does. */
  async preseed(settings: string, signal: AbortSignal): Promise<void> {
    const [program, ...words] = this.command(["lxd", "init", "--preseed"]);
    const child = spawn(program, words, { signal, stdio: ["pipe", "ignore", "pipe"] });
    let complaint = "";
    child.stderr.on("data", (data: Buffer) => (complaint += data.toString()));
    child.stdin.end(settings);
    await once(child, "close");
    if (child.exitCode !== 0) throw new Error(`lxd init on ${this.name}: ${complaint.trim()}`);
  }

  /** Ends the machine as a power cut does. Its disk stays. */
  async cutPower(): Promise<void> {
    await this.client.close();
    const ended = this.#process.exitCode === null ? once(this.#process, "exit") : undefined;
    process.kill(this.#pid, "SIGKILL");
    await ended;
    await removeNetwork(this.#options);
  }

  /** Ends the machine and deletes its disk. */
  async remove(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await this.cutPower();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** The disk of a machine that was lost stays as it is. */
async function makeDisk({ directory, storageBytes }: MemberOptions, signal: AbortSignal): Promise<void> {
  const path = join(directory, "storage.img");
  if (storageBytes === undefined || existsSync(path)) return;
  await run(["truncate", "--size", String(storageBytes), path], signal);
  await run(["mkfs.ext4", "-q", path], signal);
}

function socketOf({ directory }: MemberOptions): string {
  return join(directory, "var/lib/lxd/unix.socket");
}

function namespaceOf({ name, network: { bridge } }: MemberOptions): string {
  return `${bridge}${name}`;
}

/** What a machine that ended has left goes, too. */
async function removeNetwork(options: MemberOptions): Promise<void> {
  const namespace = namespaceOf(options);
  const signal = AbortSignal.timeout(10_000);
  if (existsSync(`/sys/class/net/${namespace}`)) {
    await run(["ip", "link", "delete", namespace], signal).catch(() => undefined);
  }
  if (existsSync(`/run/netns/${namespace}`)) await run(["ip", "netns", "delete", namespace], signal);
}

async function firstChild(parent: number): Promise<number> {
  const children = await readFile(`/proc/${parent}/task/${parent}/children`, "utf8").catch(() => "");
  return Number(children.split(" ")[0]);
}

/** Runs a command of this machine. @returns its output */
export async function run([program = "", ...words]: readonly string[], signal: AbortSignal): Promise<string> {
  return (await promisify(execFile)(program, words, { signal, maxBuffer: 2 ** 24 })).stdout;
}

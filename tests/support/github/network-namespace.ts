import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** A network of its own, joined to the machine's by a pair of virtual interfaces. */
export interface NetworkNamespaceOptions {
  /** At most 13 characters: the interfaces are named for it. @default "github-peer" */
  readonly name?: string;
  /** First three numbers of the network. @default one of those set aside for such ends that is free here */
  readonly network?: string;
}

/** Networks that no real machine has, since they are set aside for documentation and for tests of network devices. */
const NETWORKS = [
  ...["192.0.2", "198.51.100", "203.0.113"],
  ...Array.from({ length: 32 }, (_, number) => `198.18.${number}`),
];

interface InterfaceAddresses {
  readonly ifname: string;
  readonly addr_info: readonly {
    readonly family: string;
    readonly local: string;
    readonly prefixlen: number;
  }[];
}

/**
 * A namespace that machines behind a bridge of this one reach as they would reach the Internet: through it, and at an
 * address that is not its own. Needs root and the package iproute2.
 */
export class NetworkNamespace {
  readonly name: string;
  readonly address: string;
  readonly #hostAddress: string;
  readonly #hostInterface: string;

  private constructor(name: string, network: string) {
    this.name = name;
    this.address = `${network}.2`;
    this.#hostAddress = `${network}.1`;
    this.#hostInterface = `${name}-h`;
  }

  /**
   * Makes the namespace; what a killed process left of one of that name goes first.
   *
   * @throws Error when `ip` is missing or the network is in use.
   */
  static async create(
    { name = "github-peer", network }: NetworkNamespaceOptions,
    signal: AbortSignal,
  ): Promise<NetworkNamespace> {
    await removeNamespace(name, signal);
    const namespace = new NetworkNamespace(name, await freeNetwork(network ? [network] : NETWORKS, signal));
    try {
      await namespace.#build(signal);
    } catch (thrown) {
      await namespace.remove(signal);
      throw thrown;
    }
    return namespace;
  }

  /** The command that runs another in the namespace. */
  command(program: string, words: readonly string[]): readonly [string, ...string[]] {
    return ["ip", "netns", "exec", this.name, program, ...words];
  }

  /** Ends what runs in the namespace and takes it down; one that is not there is as it should be. */
  async remove(signal: AbortSignal): Promise<void> {
    await removeNamespace(this.name, signal);
  }

  async #build(signal: AbortSignal): Promise<void> {
    const { name } = this;
    const [host, peer] = [this.#hostInterface, `${name}-n`];
    await ip(["netns", "add", name], signal);
    await ip(["link", "add", host, "type", "veth", "peer", "name", peer, "netns", name], signal);
    await ip(["address", "add", `${this.#hostAddress}/30`, "dev", host], signal);
    await ip(["link", "set", host, "up"], signal);
    await ip(["-netns", name, "address", "add", `${this.address}/30`, "dev", peer], signal);
    await ip(["-netns", name, "link", "set", "lo", "up"], signal);
    await ip(["-netns", name, "link", "set", peer, "up"], signal);
    await ip(["-netns", name, "route", "add", "default", "via", this.#hostAddress], signal);
  }
}

async function removeNamespace(name: string, signal: AbortSignal): Promise<void> {
  const known = (await ip(["netns", "list"], signal)).split("\n").map((line) => line.split(" ")[0]);
  if (known.includes(name)) {
    const pids = (await ip(["netns", "pids", name], signal)).split("\n").filter(Boolean);
    for (const pid of pids) killIfThere(Number(pid));
    await ip(["netns", "delete", name], signal);
  }
  const interfaces = await listAddresses(signal);
  if (interfaces.some(({ ifname }) => ifname === `${name}-h`)) {
    // The pair may have gone with the namespace in the meantime.
    await ip(["link", "delete", `${name}-h`], signal).catch(() => undefined);
  }
}

/** A network of which no interface has an address. Two processes at the same moment begin at different ones. */
async function freeNetwork(networks: readonly string[], signal: AbortSignal): Promise<string> {
  const start = process.pid % networks.length;
  const addresses = (await listAddresses(signal)).flatMap(({ addr_info: list }) => list);
  const isFree = (network: string) => !addresses.some(({ local }) => local.startsWith(`${network}.`));
  const free = [...networks.slice(start), ...networks.slice(0, start)].find(isFree);
  if (free !== undefined) return free;
  throw new Error(
    `Cannot make a network namespace: this machine has addresses in all of ${networks.join(", ")}`,
  );
}

async function listAddresses(signal: AbortSignal): Promise<readonly InterfaceAddresses[]> {
  return JSON.parse(await ip(["-json", "address", "show"], signal)) as InterfaceAddresses[];
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

async function ip(words: readonly string[], signal: AbortSignal): Promise<string> {
  const env = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` };
  try {
    return (await promisify(execFile)("ip", [...words], { signal, env })).stdout;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "ENOENT") throw thrown;
    throw new Error("Cannot make a network namespace: the program ip is missing, install iproute2", {
      cause: thrown,
    });
  }
}

import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { NOT_STARTED, type RunProcess } from "charm-kit";
import { portPrefix } from "../network/bridge-ports.ts";
import type { HostPaths } from "./host-paths.ts";
import { parseRoutes } from "./routes.ts";

const LIMIT_MS = 10_000;
/** The flag of an interface that is up. */
const UP = 1;
const DNS_PORT = 53;
const DHCP_PORT = 67;

/** A bridge as the kernel knows it, whatever LXD's records say. Reads files of the kernel and starts no process. */
export class KernelBridge {
  readonly #paths: Pick<HostPaths, "proc" | "sys">;
  readonly #run: RunProcess;

  constructor(paths: Pick<HostPaths, "proc" | "sys">, run: RunProcess) {
    this.#paths = paths;
    this.#run = run;
  }

  /**
   * What keeps runners on a bridge from their network; undefined when nothing does.
   *
   * @param gateway the machine's IPv4 address on the bridge.
   */
  async fault(bridge: string, gateway: string): Promise<string | undefined> {
    const flags = await this.#read(this.#device(bridge, "flags"));
    if (flags === undefined) return "it is gone";
    if ((Number(flags) & UP) === 0) return "it is down";
    const [routes, sockets] = await Promise.all([
      this.#read(join(this.#paths.proc, "net/route")),
      this.#read(join(this.#paths.proc, "net/udp")),
    ]);
    // An interface has a route to its own network while it has an address.
    if (routes !== undefined && !parseRoutes(routes).some(({ by }) => by === bridge))
      return "it has no address";
    if (sockets === undefined) return undefined;
    const servers = addressesOf(sockets);
    const own = littleEndian(gateway);
    if (!servers.has(`${own}:${hexPort(DNS_PORT)}`)) return "its DNS and DHCP server is gone";
    if (!servers.has(`00000000:${hexPort(DHCP_PORT)}`)) return "its DHCP server is gone";
    return undefined;
  }

  /**
   * Keeps the bridge from learning addresses from link-local frames, such as LLDP. They pass no rule of the packet
   * filter, and so a runner could divert another runner's traffic by them.
   */
  async harden(bridge: string): Promise<void> {
    const path = this.#device(bridge, "bridge/no_linklocal_learn");
    const value = await this.#read(path);
    if (value?.trim() === "0") await writeFile(path, "1");
  }

  /**
   * Attaches interfaces of running instances to their bridge again, isolated from each other. Leaves attached ones.
   *
   * @returns the interfaces that were attached.
   */
  async attach(bridge: string, ports: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const attached: string[] = [];
    for (const port of ports) {
      const exists = (await this.#read(this.#device(port, "flags"))) !== undefined;
      if (!exists || (await this.#read(this.#device(port, "brport/port_id"))) !== undefined) continue;
      const command = ["ip", "link", "set", "dev", port, "master", bridge] as const;
      const { exitCode } = await this.#run(command, { action: `attach ${port}`, limitMs: LIMIT_MS, signal });
      if (exitCode === NOT_STARTED || exitCode !== 0) continue;
      await writeFile(this.#device(port, "brport/isolated"), "1");
      attached.push(port);
    }
    return attached;
  }

  /** Deletes an interface that the failed start of an instance has left; nothing happens when there is none. */
  async removeLeft(port: string, signal: AbortSignal): Promise<void> {
    if ((await this.#read(this.#device(port, "flags"))) === undefined) return;
    const command = ["ip", "link", "delete", "dev", port] as const;
    // What stays is told by LXD, which cannot make the interface again.
    await this.#run(command, { action: `delete ${port}`, limitMs: LIMIT_MS, signal });
  }

  /** Deletes all interfaces of a bridge's ports that failed starts of instances have left. No instance may have a port any more. */
  async removeAllLeft(bridge: string, signal: AbortSignal): Promise<void> {
    const prefix = portPrefix(bridge);
    const names = await readdir(join(this.#paths.sys, "class/net")).catch(() => []);
    for (const name of names.filter((each) => each.startsWith(prefix))) await this.removeLeft(name, signal);
  }

  #device(name: string, path: string): string {
    return join(this.#paths.sys, "class/net", name, path);
  }

  #read(path: string): Promise<string | undefined> {
    return readFile(path, "utf8").catch(() => undefined);
  }
}

/** Local addresses and ports in `/proc/net/udp`, in its own form. */
function addressesOf(table: string): ReadonlySet<string> {
  const lines = table.trim().split("\n").slice(1);
  return new Set(lines.map((line) => line.trim().split(/\s+/)[1] ?? ""));
}

function littleEndian(address: string): string {
  return Buffer.from(address.split(".").map(Number).reverse()).toString("hex").toUpperCase();
}

function hexPort(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, "0");
}

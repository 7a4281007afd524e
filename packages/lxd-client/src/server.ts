import type { Transport } from "./transport.ts";
import type { Config } from "./types.ts";

/** A storage driver that the daemon can use. */
export interface StorageDriver {
  readonly name: string;
  readonly version: string;
}

/** Facts of the daemon and its host, as `GET /1.0` tells them. */
export class ServerInfo {
  readonly version: string;
  /** Instance drivers in use, such as `lxc` or `lxc | qemu`. */
  readonly driver: string;
  /** Architectures that it runs, the host's own first, such as `x86_64`. */
  readonly architectures: readonly string[];
  readonly kernelVersion: string;
  readonly firewall: string;
  readonly storageDrivers: readonly StorageDriver[];
  /** Kernel features that the daemon has found. */
  readonly kernelFeatures: Config;
  /** The daemon's own configuration. */
  readonly config: Config;
  /** The daemon's name among the members of its cluster; undefined for one that stands alone. */
  readonly member: string | undefined;
  readonly #extensions: ReadonlySet<string>;

  /** @param metadata of the answer to `GET /1.0`. */
  constructor(metadata: unknown) {
    const { environment, config, api_extensions } = metadata as SentServer;
    this.version = environment.server_version;
    this.driver = environment.driver;
    this.architectures = environment.architectures ?? [];
    this.kernelVersion = environment.kernel_version;
    this.firewall = environment.firewall;
    this.storageDrivers = (environment.storage_supported_drivers ?? []).map(driverOf);
    this.kernelFeatures = environment.kernel_features ?? {};
    this.config = config ?? {};
    this.member = environment.server_clustered === true ? environment.server_name : undefined;
    this.#extensions = new Set(api_extensions);
  }

  /** Whether the daemon has an API extension. Ask this, never the version. */
  supports(extension: string): boolean {
    return this.#extensions.has(extension);
  }

  /** Whether the daemon can run virtual machines on this host. */
  get hasVirtualMachines(): boolean {
    return this.driver.includes("qemu");
  }
}

interface SentDriver {
  readonly Name: string;
  readonly Version: string;
}
interface SentServer {
  readonly environment: {
    readonly server_version: string;
    readonly driver: string;
    readonly architectures: readonly string[] | null;
    readonly kernel_version: string;
    readonly firewall: string;
    readonly storage_supported_drivers: readonly SentDriver[] | null;
    readonly kernel_features: Config | null;
    readonly server_clustered?: boolean;
    readonly server_name?: string;
  };
  readonly config: Config | null;
  readonly api_extensions: readonly string[] | null;
}

function driverOf(sent: SentDriver): StorageDriver {
  return { name: sent.Name, version: sent.Version };
}

/** The daemon itself: `/1.0`. */
export class Server {
  readonly #transport: Transport;
  #info: ServerInfo | undefined;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** What is known of the daemon; reads it if nothing is yet. */
  async info(signal: AbortSignal): Promise<ServerInfo> {
    return this.#info ?? (await this.refresh(signal));
  }

  /** Reads the facts anew, as after a restart of the daemon: an upgrade keeps the socket. */
  async refresh(signal: AbortSignal): Promise<ServerInfo> {
    const decode = (metadata: unknown) => new ServerInfo(metadata);
    this.#info = await this.#transport.read("read what LXD offers", "/1.0", decode, signal);
    return this.#info;
  }
}

import { Cluster } from "./cluster.ts";
import { Events } from "./events.ts";
import { Exec } from "./exec.ts";
import { Files } from "./files.ts";
import { ImageAliases } from "./image-aliases.ts";
import { Images } from "./images.ts";
import { Instances } from "./instances.ts";
import { NetworkACLs } from "./network-acls.ts";
import { Networks } from "./networks.ts";
import { Operations } from "./operations.ts";
import { Profiles } from "./profiles.ts";
import { Server } from "./server.ts";
import type { LxdSocket } from "./find-socket.ts";
import { StoragePools } from "./storage-pools.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { Transport, type Answered } from "./transport.ts";

/** A typed client of the LXD API of one daemon, over its unix socket. */
export class LxdClient {
  readonly server: Server;
  readonly cluster: Cluster;
  readonly instances: Instances;
  readonly operations: Operations;
  readonly exec: Exec;
  readonly files: Files;
  readonly images: Images;
  readonly imageAliases: ImageAliases;
  readonly profiles: Profiles;
  readonly networks: Networks;
  readonly networkACLs: NetworkACLs;
  readonly storagePools: StoragePools;
  readonly events: Events;
  readonly #transport: Transport;

  /**
   * Makes a client; the first call connects.
   *
   * @param onAnswer told how long LXD took for each request, such as for metrics; not of waits for operations.
   */
  constructor(socket: LxdSocket, limits: Partial<Limits> = {}, onAnswer?: (answered: Answered) => void) {
    const transport = new Transport(socket, { ...DEFAULT_LIMITS, ...limits }, onAnswer);
    this.#transport = transport;
    this.server = new Server(transport);
    this.cluster = new Cluster(transport);
    this.instances = new Instances(transport);
    this.operations = new Operations(transport);
    this.exec = new Exec(transport);
    this.files = new Files(transport);
    this.images = new Images(transport);
    this.imageAliases = new ImageAliases(transport);
    this.profiles = new Profiles(transport);
    this.networks = new Networks(transport);
    this.networkACLs = new NetworkACLs(transport);
    this.storagePools = new StoragePools(transport);
    this.events = new Events(transport);
  }

  /** Ends what is under way and frees all connections. */
  close(): Promise<void> {
    return this.#transport.close();
  }
}

/**
 * Makes a client and reads what the daemon offers, so that a daemon that cannot be reached shows here.
 *
 * @throws `LxdUnreachableError`, whose `reason` and message say what to do.
 */
export async function connect(
  socket: LxdSocket,
  signal: AbortSignal,
  limits: Partial<Limits> = {},
): Promise<LxdClient> {
  const client = new LxdClient(socket, limits);
  try {
    await client.server.refresh(signal);
    return client;
  } catch (thrown) {
    await client.close();
    throw thrown;
  }
}

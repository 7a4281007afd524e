import { Exec } from "./exec.ts";
import { Instances } from "./instances.ts";
import { Operations } from "./operations.ts";
import { Server } from "./server.ts";
import type { LxdSocket } from "./find-socket.ts";
import { Transport, type Limits } from "./transport.ts";

const MINUTE = 60_000;

/** @default 60 seconds a call, 15 minutes a transfer, 10 minutes an operation */
const LIMITS: Limits = { callMs: MINUTE, transferMs: 15 * MINUTE, operationMs: 10 * MINUTE };

/** A typed client of the LXD API of one daemon, over its unix socket. */
export class LxdClient {
  readonly server: Server;
  readonly instances: Instances;
  readonly operations: Operations;
  readonly exec: Exec;
  readonly #transport: Transport;

  /** Makes a client; the first call connects. */
  constructor(socket: LxdSocket, limits: Partial<Limits> = {}) {
    const transport = new Transport(socket, { ...LIMITS, ...limits });
    this.#transport = transport;
    this.server = new Server(transport);
    this.instances = new Instances(transport);
    this.operations = new Operations(transport);
    this.exec = new Exec(transport);
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

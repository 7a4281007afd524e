import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { connect, findSocket, type LxdClient } from "lxd-client";

/** An LXD daemon beside the machine's, with a store of its own; for what the machine's cannot be made to do. */
export interface OwnDaemon {
  readonly client: LxdClient;
  /** Ends the daemon and what runs in it. */
  stop(): Promise<void>;
}

export interface OwnDaemonOptions {
  /** Everything of the daemon is below it. */
  readonly directory: string;
  /** File with the certificates of the authorities that it trusts. */
  readonly authorityFile: string;
}

const READY_SECONDS = 60;

/** Whether the machine has the daemon as a program; the snap has it inside. */
export function hasOwnDaemon(): boolean {
  return existsSync("/usr/bin/lxd");
}

/** Starts the daemon and waits until it answers. */
export async function startOwnDaemon(options: OwnDaemonOptions, signal: AbortSignal): Promise<OwnDaemon> {
  const home = join(options.directory, "lxd");
  await mkdir(home, { recursive: true, mode: 0o711 });
  const env = { ...process.env, LXD_DIR: home, SSL_CERT_FILE: options.authorityFile };
  const log = await open(join(options.directory, "lxd.log"), "w");
  // A session of its own: what ends the test does not end the daemon in the middle of its work.
  const daemon = spawn("lxd", ["--group", "root"], {
    env,
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
  });
  await log.close();
  const lxd = async (...args: readonly string[]) => {
    await promisify(execFile)("lxd", [...args], { env, signal });
  };
  await lxd("waitready", "--timeout", String(READY_SECONDS));
  const socket = findSocket({ LXD_DIR: home }, existsSync);
  if (!socket) throw new Error("The daemon has no socket");
  const client = await connect(socket, signal);
  return {
    client,
    stop: async () => {
      await client.close();
      const ended = once(daemon, "exit");
      await lxd("shutdown", "--timeout", String(READY_SECONDS));
      await ended;
    },
  };
}

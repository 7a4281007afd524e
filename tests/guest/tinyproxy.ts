import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Debian's tinyproxy, run for real. It signs what it passes on with the header `Via`. */
export class Tinyproxy {
  readonly port: number;
  readonly #process: ChildProcess;
  readonly #directory: string;

  private constructor(process: ChildProcess, port: number, directory: string) {
    this.#process = process;
    this.port = port;
    this.#directory = directory;
  }

  /** Resolves once it takes connections at this address. */
  static async start(address: string): Promise<Tinyproxy> {
    const port = await freePort(address);
    const directory = await mkdtemp(join(tmpdir(), "tinyproxy-"));
    const config = join(directory, "tinyproxy.conf");
    await writeFile(config, `Listen ${address}\nPort ${port}\nTimeout 60\nMaxClients 20\nLogLevel Error\n`);
    const child = spawn("tinyproxy", ["-d", "-c", config], { stdio: "ignore" });
    await once(child, "spawn");
    const proxy = new Tinyproxy(child, port, directory);
    for (let tries = 0; !(await answers(address, port)); tries += 1) {
      if (tries > 100) throw new Error("tinyproxy does not listen");
      await delay(50);
    }
    return proxy;
  }

  async stop(): Promise<void> {
    this.#process.kill("SIGKILL");
    await rm(this.#directory, { recursive: true });
  }
}

async function freePort(address: string): Promise<number> {
  const server = createServer().listen(0, address);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => {
      resolve(false);
    });
  });
}

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "../free-port.ts";

const START_MS = 180_000;

/** Debian's Prometheus on a port of the loopback address, with a directory of its own. */
export class PrometheusProcess {
  readonly #directory: string;
  readonly #url: string;
  readonly #server: ChildProcess;

  private constructor(directory: string, url: string, server: ChildProcess) {
    this.#directory = directory;
    this.#url = url;
    this.#server = server;
  }

  /**
   * Starts it, and waits until it answers.
   *
   * @param directory with `prometheus.yml`, and its data in `data`; deleted by {@link PrometheusProcess.stop}.
   * @param more arguments.
   */
  static async start(directory: string, more: readonly string[] = []): Promise<PrometheusProcess> {
    const port = await freePort();
    const server = spawn(
      "prometheus",
      [
        `--config.file=${join(directory, "prometheus.yml")}`,
        `--storage.tsdb.path=${join(directory, "data")}`,
        `--web.listen-address=127.0.0.1:${port}`,
        ...more,
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    await isReady(server);
    return new PrometheusProcess(directory, `http://127.0.0.1:${port}`, server);
  }

  /** @param path below `/api/v1/`. @returns the whole answer, also one that tells an error */
  async ask(path: string): Promise<unknown> {
    const response = await fetch(`${this.#url}/api/v1/${path}`, { signal: AbortSignal.timeout(90_000) });
    return response.json();
  }

  async stop(): Promise<void> {
    const ended = once(this.#server, "exit");
    this.#server.kill();
    await ended;
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** Resolves when a starting server answers. @throws Error with its last lines when it ends instead */
async function isReady(server: ChildProcess): Promise<void> {
  const lines = createInterface({ input: server.stderr ?? process.stdin });
  const tail: string[] = [];
  const ready = new Promise<void>((resolve, reject) => {
    lines.on("line", (line) => {
      tail.push(line);
      if (line.includes("Server is ready to receive web requests")) resolve();
    });
    lines.on("close", () => {
      reject(new Error(`Prometheus has ended: ${tail.slice(-3).join("\n")}`));
    });
  });
  const late = AbortSignal.timeout(START_MS);
  late.addEventListener("abort", () => server.kill());
  await ready;
}

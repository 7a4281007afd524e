import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Values of a series over time. */
export interface QueriedSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** Seconds since the Unix epoch, and the value. */
  readonly values: readonly (readonly [number, number])[];
}

/** A span of time with a step, in seconds. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly values: readonly (readonly [number, string])[];
    }[];
  };
}

const START_MS = 60_000;

/** Debian's Prometheus with recorded data, which scrapes nothing. */
export class RecordedPrometheus {
  readonly #directory: string;
  readonly #url: string;
  readonly #server: ChildProcess;

  private constructor(directory: string, url: string, server: ChildProcess) {
    this.#directory = directory;
    this.#url = url;
    this.#server = server;
  }

  /** @param record in OpenMetrics, with timestamps */
  static async start(record: string): Promise<RecordedPrometheus> {
    const directory = await mkdtemp(join(tmpdir(), "recorded-prometheus-"));
    const data = join(directory, "data");
    await writeFile(join(directory, "record.txt"), record);
    const { status, stdout, stderr } = spawnSync(
      "promtool",
      ["tsdb", "create-blocks-from", "openmetrics", join(directory, "record.txt"), data],
      { encoding: "utf8" },
    );
    if (status !== 0) throw new Error(`promtool refuses the record: ${stdout}${stderr}`);
    await writeFile(join(directory, "prometheus.yml"), "scrape_configs: []\n");
    const port = await freePort();
    const server = spawn(
      "prometheus",
      [
        `--config.file=${join(directory, "prometheus.yml")}`,
        `--storage.tsdb.path=${data}`,
        "--storage.tsdb.retention.time=100y",
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    await isReady(server);
    return new RecordedPrometheus(directory, `http://127.0.0.1:${port}`, server);
  }

  /** @throws Error with Prometheus' reason when it refuses the query */
  async query(expression: string, { start, end, step }: Span): Promise<readonly QueriedSeries[]> {
    const parameters = new URLSearchParams({
      query: expression,
      start: String(start),
      end: String(end),
      step: String(step),
    });
    const answer = (await this.#ask(`query_range?${parameters.toString()}`)) as Answer;
    if (answer.status !== "success") throw new Error(`${answer.error ?? "no answer"}: ${expression}`);
    return answer.data.result.map(({ metric, values }) => ({
      labels: metric,
      values: values.map(([at, value]) => [at, Number(value)] as const),
    }));
  }

  /** The values of a label that series of a selector have. */
  async labelValues(label: string, selector: string, { start, end }: Span): Promise<readonly string[]> {
    const parameters = new URLSearchParams({
      "match[]": selector,
      start: String(start),
      end: String(end),
    });
    const { data } = (await this.#ask(`label/${label}/values?${parameters.toString()}`)) as {
      data: readonly string[];
    };
    return data;
  }

  async stop(): Promise<void> {
    const ended = once(this.#server, "exit");
    this.#server.kill();
    await ended;
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #ask(path: string): Promise<unknown> {
    const response = await fetch(`${this.#url}/api/v1/${path}`, { signal: AbortSignal.timeout(30_000) });
    return response.json();
  }
}

/** Resolves when a starting server answers. @throws Error with its last lines when it ends instead */
export async function isReady(server: ChildProcess): Promise<void> {
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

/** A port of the loopback address that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, isReady } from "./recorded-prometheus.ts";

export interface ScrapingOptions {
  /** Of the metrics endpoint, on loopback. */
  readonly port: number;
  /** Labels of its series, as an agent adds them. */
  readonly labels: Readonly<Record<string, string>>;
  /** A rule file. */
  readonly rules: string;
}

/** A rule as Prometheus has it. */
export interface LoadedRule {
  readonly name: string;
  readonly type: "alerting" | "recording";
  /** `ok`, or that its last evaluation failed. */
  readonly health: string;
  readonly lastError?: string;
}

export interface FiredAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: "pending" | "firing";
}

/** Debian's Prometheus, which scrapes an endpoint and evaluates rules each second. */
export class ScrapingPrometheus {
  readonly #directory: string;
  readonly #url: string;
  readonly #server: ChildProcess;

  private constructor(directory: string, url: string, server: ChildProcess) {
    this.#directory = directory;
    this.#url = url;
    this.#server = server;
  }

  static async start({ port, labels, rules }: ScrapingOptions): Promise<ScrapingPrometheus> {
    const directory = await mkdtemp(join(tmpdir(), "scraping-prometheus-"));
    const config = {
      global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
      rule_files: ["rules.yaml"],
      scrape_configs: [{ job_name: "runners", static_configs: [{ targets: [`localhost:${port}`], labels }] }],
    };
    await writeFile(join(directory, "rules.yaml"), rules);
    await writeFile(join(directory, "prometheus.yml"), JSON.stringify(config));
    const own = await freePort();
    const server = spawn(
      "prometheus",
      [
        `--config.file=${join(directory, "prometheus.yml")}`,
        `--storage.tsdb.path=${join(directory, "data")}`,
        `--web.listen-address=127.0.0.1:${own}`,
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    await isReady(server);
    return new ScrapingPrometheus(directory, `http://127.0.0.1:${own}`, server);
  }

  async rules(): Promise<readonly LoadedRule[]> {
    const { groups } = (await this.#ask("rules")) as {
      readonly groups: readonly { readonly rules: readonly LoadedRule[] }[];
    };
    return groups.flatMap((group) => group.rules);
  }

  async alerts(): Promise<readonly FiredAlert[]> {
    return ((await this.#ask("alerts")) as { readonly alerts: readonly FiredAlert[] }).alerts;
  }

  /** The value of the only series of an expression; undefined where there is none. */
  async value(expression: string): Promise<number | undefined> {
    const query = new URLSearchParams({ query: expression }).toString();
    const { result } = (await this.#ask(`query?${query}`)) as {
      readonly result: readonly { readonly value: readonly [number, string] }[];
    };
    return result[0] === undefined ? undefined : Number(result[0].value[1]);
  }

  async stop(): Promise<void> {
    const ended = once(this.#server, "exit");
    this.#server.kill();
    await ended;
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #ask(path: string): Promise<unknown> {
    const response = await fetch(`${this.#url}/api/v1/${path}`, { signal: AbortSignal.timeout(30_000) });
    const answer = (await response.json()) as { readonly data: unknown };
    return answer.data;
  }
}

import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PrometheusProcess } from "./prometheus-process.ts";

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
  readonly #process: PrometheusProcess;

  private constructor(process: PrometheusProcess) {
    this.#process = process;
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
    return new ScrapingPrometheus(await PrometheusProcess.start(directory));
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

  stop(): Promise<void> {
    return this.#process.stop();
  }

  async #ask(path: string): Promise<unknown> {
    return ((await this.#process.ask(path)) as { readonly data: unknown }).data;
  }
}

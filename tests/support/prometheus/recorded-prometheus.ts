import { spawnSync } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PrometheusProcess } from "./prometheus-process.ts";

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

/** Debian's Prometheus with recorded data, which scrapes nothing. */
export class RecordedPrometheus {
  readonly #process: PrometheusProcess;

  private constructor(process: PrometheusProcess) {
    this.#process = process;
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
    return new RecordedPrometheus(
      await PrometheusProcess.start(directory, ["--storage.tsdb.retention.time=100y"]),
    );
  }

  /** @throws Error with Prometheus' reason when it refuses the query */
  async query(expression: string, { start, end, step }: Span): Promise<readonly QueriedSeries[]> {
    const parameters = new URLSearchParams({
      query: expression,
      start: String(start),
      end: String(end),
      step: String(step),
    });
    const answer = (await this.#process.ask(`query_range?${parameters.toString()}`)) as Answer;
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
    const { data } = (await this.#process.ask(`label/${label}/values?${parameters.toString()}`)) as {
      data: readonly string[];
    };
    return data;
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }
}

/** A target whose metrics are recorded. */
export interface RecordedTarget {
  /** What Prometheus adds to each series of the target. */
  readonly labels: Readonly<Record<string, string>>;
  /** The target's metrics at a time, in OpenMetrics. Called with ascending times. */
  readonly expose: (at: number) => Promise<string>;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;

/**
 * What Prometheus would have stored of targets, as OpenMetrics with a timestamp for each sample.
 *
 * @param times in milliseconds since the Unix epoch, ascending.
 */
export async function recordTargets(
  targets: readonly RecordedTarget[],
  times: readonly number[],
): Promise<string> {
  /** The samples of each family, which must not be scattered, below its description. */
  const families = new Map<string, string[]>([["up", ["# TYPE up gauge"]]]);
  for (const { labels, expose } of targets) {
    const added = Object.entries(labels)
      .map(([name, value]) => `${name}="${value}"`)
      .join(",");
    for (const at of times) {
      families.get("up")?.push(`up{${added}} 1 ${at / 1000}`);
      let samples: string[] = [];
      for (const line of (await expose(at)).split("\n")) {
        const [, keyword, family = ""] = /^# (HELP|TYPE) (\S+)/.exec(line) ?? [];
        if (keyword !== undefined) {
          samples = families.get(family) ?? [];
          if (!samples.includes(line)) samples.push(line);
          families.set(family, samples);
        }
        const [, name, own, value] = SAMPLE.exec(line) ?? [];
        if (name !== undefined && !line.startsWith("#"))
          samples.push(`${name}{${[own, added].filter(Boolean).join(",")}} ${value} ${at / 1000}`);
      }
    }
  }
  return `${[...families.values()].flat().join("\n")}\n# EOF\n`;
}

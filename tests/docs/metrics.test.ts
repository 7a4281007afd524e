import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { jobEvents } from "../../src/metrics/job-events.ts";
import type { MetricEvent } from "../../src/metrics/metric-event.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/reference/metrics.md"), "utf8");
const FLAVOR = "github-runner";

/** The examples of the page, one per section. */
const examples = PAGE.split(/^## /m).flatMap((section) => {
  const [, json] = /```json\n([^]*?)```/.exec(section) ?? [];
  return json === undefined ? [] : [{ section, event: JSON.parse(json) as MetricEvent }];
});

const ofJob = jobEvents(
  {
    name: "github-runner-0-abc",
    installedAt: 1790000000.25,
    preJob: {
      workflow: "Nightly build",
      repository: "octo/hello",
      event: "push",
      timestamp: 1790000060,
      runId: 1,
    },
    postJob: { timestamp: 1790000180, status: "abnormal", code: 2 },
  },
  { createdAt: 1_000, startedAt: 3_500, conclusion: "failure" },
  FLAVOR,
);
/** One event of each type; the compiler checks them. */
const expected: readonly MetricEvent[] = [
  { timestamp: 1790000000.25, event: "runner_installed", flavor: FLAVOR, duration: 3.412 },
  ...ofJob,
  {
    timestamp: 1790000300,
    event: "reconciliation",
    flavor: FLAVOR,
    crashed_runners: 0,
    idle_runners: 5,
    active_runners: 3,
    expected_runners: 8,
    duration: 0.412,
  },
];

describe("docs/reference/metrics.md", () => {
  it("shows an example of each event", () => {
    expect(examples.map(({ event }) => event)).to.deep.equal(expected);
  });

  it("explains every field of every event", () => {
    const common = ["timestamp", "event", "flavor"];
    for (const { section, event } of examples) {
      expect(section.startsWith(event.event), event.event).to.equal(true);
      const fields = Object.keys(event).filter((field) => !common.includes(field));
      const rows = section.split("\n").filter((line) => line.startsWith("| `"));
      const explained = rows.flatMap((row) =>
        [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name),
      );
      expect(explained.toSorted(), event.event).to.deep.equal(fields.toSorted());
    }
  });
});

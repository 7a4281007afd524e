import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { silentLogger } from "charm-kit";
import { EventSpool } from "../../src/metrics/event-spool.ts";
import { ServiceMetrics } from "../../src/service/service-metrics.ts";
import { lonelySystem } from "../charm/lonely-system.ts";
import { soon } from "../support/patience.ts";
import { until } from "../support/rig/until.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";
import { sampleSettings } from "./sample-settings.ts";
import { sampleStatus } from "./sample-status.ts";

describe("ServiceMetrics", () => {
  const directory = useTemporaryDirectory();
  const opened: ServiceMetrics[] = [];
  const program = () => join(directory.path, "charm/lib/service.mjs");
  const open = async () => {
    const system = lonelySystem(directory.path);
    const status = () => sampleStatus();
    const metrics = await ServiceMetrics.open({
      ...{ system, slug: "runners-0", log: silentLogger, program: program(), status },
    });
    opened.push(metrics);
    return { metrics, system };
  };
  const linesOf = async (metrics: ServiceMetrics) => (await metrics.expose(undefined)).body.split("\n");
  beforeEach(() => mkdir(join(directory.path, "charm/lib"), { recursive: true }));
  afterEach(async () => {
    for (const metrics of opened.splice(0)) await metrics.close();
  });

  it("shows the version that the packer has written beside the program", async () => {
    await writeFile(join(directory.path, "charm/version"), "0.1.0-8713396\n");
    const { metrics } = await open();
    const [line = ""] = (await linesOf(metrics)).filter((each) => each.includes("build_info{"));
    expect(line).to.equal(
      `github_runner_build_info{version="0.1.0-8713396",node_version="${process.versions.node}"} 1`,
    );
  });

  it("shows an unknown version where there is none, and none that is no version", async () => {
    expect((await linesOf((await open()).metrics)).join()).to.contain('build_info{version="unknown"');
    await writeFile(join(directory.path, "charm/version"), 'x"} 1\nevil{y="');
    expect((await linesOf((await open()).metrics)).join()).to.contain('build_info{version="unknown"');
  });

  it("counts the events that hooks have left", async () => {
    const { metrics, system } = await open();
    const spool = new EventSpool(join(system.dataRoot, "runners-0"));
    await spool.put([{ event: "refill", duration: 3 }], 1);
    expect(await linesOf(metrics)).to.include("github_runner_refill_duration_seconds_sum 3");
  });

  it("shows what its telemetry is told", async () => {
    const { metrics } = await open();
    metrics.telemetry.onLxdAnswer({ outcome: "ok", seconds: 0.5 });
    metrics.telemetry.onDemandMessage({ waits: [2000] });
    expect(await linesOf(metrics)).to.include.members([
      'github_runner_lxd_call_duration_seconds_sum{outcome="ok"} 0.5',
      'github_runner_wait_duration_seconds_sum{stage="assigned"} 2',
    ]);
  });

  it("serves on the port of the settings, says why it cannot, and ends", async () => {
    const { metrics } = await open();
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    const { port } = taken.address() as AddressInfo;
    try {
      metrics.apply(sampleSettings({ metricsPort: port }));
      // What is under way ends first.
      const notices = (count: number) =>
        until(
          `${count} notices`,
          () => {
            const told = metrics.annotate(sampleStatus({ notices: ["other"] })).notices;
            return Promise.resolve(told.length === count && told);
          },
          soon(),
        );
      expect((await notices(2)).map((notice) => notice.slice(0, 24))).to.deep.equal([
        "other",
        "cannot serve metrics on ",
      ]);
      await new Promise((resolve) => taken.close(resolve));
      metrics.apply(sampleSettings({ metricsPort: port }));
      const served = await until("metrics", () => get(port).catch(() => undefined), soon());
      expect(served).to.contain("github_runner_runners_wanted 2");
      expect(await notices(1)).to.deep.equal(["other"]);
    } finally {
      taken.close();
    }
    metrics.apply(sampleSettings());
    await metrics.close();
    expect(await get(port).catch((thrown: unknown) => String(thrown))).to.contain("ECONNREFUSED");
  });
});

function get(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ host: "127.0.0.1", port, path: "/metrics", agent: false }, (answer) => {
      text(answer).then(resolve, reject);
    });
    call.on("error", reject).end();
  });
}

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { RunProcess } from "charm-kit";
import { renderService, RunnerService } from "../../src/host/runner-service.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

const UNIT = { name: "fleet/0", slug: "fleet-0" };
const COMMAND = ["/charm/runtime/bin/node", "/charm/lib/service.mjs", "fleet-0"];
const NAME = "fleet-0-runners.service";
const signal = new AbortController().signal;

/** systemctl, as far as a service needs it. */
class FakeSystemctl {
  state = "inactive";
  enabled = "disabled";
  isStale = false;
  knowsSteps = true;
  readonly verbs: string[] = [];
  /** A hook is killed at this verb. */
  dieAt: string | undefined;

  readonly run: RunProcess = ([, verb = ""]) => {
    if (verb === this.dieAt) throw new Error(`killed at ${verb}`);
    if (verb !== "show") this.verbs.push(verb);
    if (verb === "enable") this.enabled = "enabled";
    if (verb === "start" || verb === "restart") this.state = "active";
    if (verb === "daemon-reload") this.isStale = false;
    const shown = [
      `ActiveState=${this.state}`,
      `UnitFileState=${this.enabled}`,
      `NeedDaemonReload=${this.isStale ? "yes" : "no"}`,
      ...(this.knowsSteps ? ["RestartSteps=0"] : []),
    ];
    return Promise.resolve({
      exitCode: 0,
      stdout: `${shown.join("\n")}\n`,
      stderr: "",
      truncated: false,
    });
  };
}

describe("RunnerService", () => {
  const directory = useTemporaryDirectory();
  let systemctl: FakeSystemctl;
  let units = "";
  let serial = 0;
  beforeEach(() => {
    systemctl = new FakeSystemctl();
    units = join(directory.path, `units-${(serial += 1)}`);
    mkdirSync(join(directory.path, "booted"), { recursive: true });
  });
  const service = () =>
    new RunnerService({
      unit: UNIT,
      paths: { units, booted: join(directory.path, "booted") },
      run: systemctl.run,
    });
  const file = () => readFileSync(join(units, NAME), "utf8");

  it("ensure() starts the service once, and leaves a running one alone", async () => {
    expect(await service().ensure(COMMAND, signal)).to.equal("started");
    expect(systemctl.verbs).to.deep.equal(["daemon-reload", "enable", "restart"]);
    expect(await service().ensure(COMMAND, signal)).to.equal("running");
    expect(systemctl.verbs).to.have.length(3);
  });

  it("ensure() starts the new file after a hook that was killed once it had written it", async () => {
    await service().ensure(COMMAND, signal);
    systemctl.dieAt = "daemon-reload";
    await service()
      .ensure(["/other", "fleet-0"], signal)
      .catch(() => undefined);
    expect(file()).to.include("ExecStart=/other");
    Object.assign(systemctl, { dieAt: undefined, isStale: true });
    systemctl.verbs.length = 0;
    expect(await service().ensure(["/other", "fleet-0"], signal)).to.equal("started");
    expect(systemctl.verbs).to.deep.equal(["daemon-reload", "restart"]);
  });

  it("ensure() starts a service that has stopped, and enables one that is not", async () => {
    await service().ensure(COMMAND, signal);
    Object.assign(systemctl, { state: "failed", enabled: "disabled" });
    systemctl.verbs.length = 0;
    expect(await service().ensure(COMMAND, signal)).to.equal("started");
    expect(systemctl.verbs).to.deep.equal(["enable", "start"]);
  });

  it("ensure() lets pauses between starts grow only where systemd can do that", async () => {
    await service().ensure(COMMAND, signal);
    expect(file())
      .to.match(/^RestartSteps=6$/m)
      .and.to.match(/^RestartMaxDelaySec=60$/m);
    systemctl.knowsSteps = false;
    await service().ensure(COMMAND, signal);
    expect(file())
      .to.match(/^RestartSec=5$/m)
      .and.not.to.match(/RestartSteps|RestartMaxDelaySec/);
  });

  it("ensure() replaces a file that was damaged", async () => {
    await service().ensure(COMMAND, signal);
    writeFileSync(join(units, NAME), "[Serv");
    await service().ensure(COMMAND, signal);
    expect(file()).to.equal(renderService(UNIT, COMMAND, true));
  });

  it("renders a service that ends within the time that its removal waits, and that never gives up", () => {
    const text = renderService(UNIT, COMMAND, true);
    const value = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(text)?.[1] ?? "";
    expect(Number(value("TimeoutStopSec"))).to.be.lessThan(60);
    expect(value("StartLimitIntervalSec")).to.equal("0");
    expect(value("UMask")).to.equal("0022");
    expect(value("LimitCORE")).to.equal("0");
    expect(value("SyslogIdentifier")).to.equal("fleet-0-runners");
  });
});

import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { loadMetadata } from "juju-charm/metadata";
import { Context, State } from "juju-charm/testing";
import { GithubRunnerCharm } from "../../src/charm/charm.ts";
import { ServiceApi } from "../../src/service/service-api.ts";
import { programIdentity } from "../../src/unit/service-program.ts";
import { lonelyOptions, lonelySystem } from "../charm/lonely-system.ts";
import { sampleStatus } from "../service/sample-status.ts";

const ROOT = join(import.meta.dirname, "../..");

describe("the unit's runner service, as hooks supervise it", () => {
  let directory: string;
  let ctx: Context;
  let apis: ServiceApi[];

  const unit = () => join(directory, "data/github-runner-0");
  const settings = () => join(unit(), "service.json");
  const program = () => join(directory, "charm/lib/service.mjs");
  const declaration = () => join(directory, "programs/github-runner-0-runners.json");
  const version = async () => (await stat(declaration())).mtimeMs;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "supervision-"));
    const lonely = lonelySystem(directory);
    const env = { ...lonely.env, CHARM_PROGRAMS_DIRECTORY: join(directory, "programs") };
    ctx = new Context((framework) => new GithubRunnerCharm(framework, { ...lonely, env }), {
      metadata: await loadMetadata(ROOT),
      charmDirectory: join(directory, "charm"),
    });
    await mkdir(join(directory, "charm/lib"), { recursive: true });
    await writeFile(program(), "// a program");
    apis = [];
  });
  afterEach(async () => {
    for (const api of apis) await api.close();
    await rm(directory, { recursive: true, force: true });
  });

  const run = (event: "install" | "start" | "configChanged" | "upgradeCharm" | "updateStatus" | "stop") =>
    ctx.run(ctx.on[event](), new State({ config: lonelyOptions }));

  /** A service that is at work, and well. */
  const serve = async () => {
    const now = Date.now();
    const status = sampleStatus({
      program: await programIdentity(program()),
      activity: { state: "waiting", until: now + 60_000 },
      checkedAt: now,
      counts: { online: 1, busy: 0, offline: 0, unknown: 0, names: ["a"], busyNames: [], standby: 0 },
      wanted: 1,
    });
    await mkdir(unit(), { recursive: true });
    const path = join(unit(), "service.sock");
    const api = new ServiceApi({ path, status: () => status, reconcile: () => Promise.resolve(status) });
    apis.push(api);
    await api.open();
  };

  for (const event of ["install", "start", "configChanged", "updateStatus"] as const) {
    it(`is started by ${event} where none is at work`, async () => {
      await run(event);
      const { command } = JSON.parse(await readFile(declaration(), "utf8")) as { command: string[] };
      expect(command[0]).to.equal(process.execPath);
      expect(command.slice(-2)).to.deep.equal([program(), "github-runner-0"]);
    });
  }

  it("is left alone by later hooks while it is well, and is all that update-status asks", async () => {
    await run("start");
    const before = await version();
    await serve();
    const { unitStatus } = await run("updateStatus");
    expect(unitStatus).to.include({ name: "active", message: "1 runner: 1 idle" });
    await run("configChanged");
    expect(await version()).to.equal(before);
  });

  it("is started anew by upgradeCharm, and by updateStatus where it still runs an earlier program", async () => {
    await run("start");
    await serve();
    const first = await version();
    await run("upgradeCharm");
    const second = await version();
    expect(second).to.be.greaterThan(first);
    await writeFile(program(), "// another program");
    await run("updateStatus");
    expect(await version()).to.be.greaterThan(second);
    expect(JSON.parse(await readFile(declaration(), "utf8"))).to.have.property("command");
  });

  it("ends with stop, and leaves no settings that would create runners", async () => {
    await run("configChanged");
    expect([existsSync(declaration()), existsSync(settings())]).to.deep.equal([true, true]);
    await run("stop");
    expect([existsSync(declaration()), existsSync(settings())]).to.deep.equal([false, false]);
  });
});

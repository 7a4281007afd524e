import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { patience, reasonToSkip } from "../../../packages/lxd-client/tests/support.ts";
import { discardInstance } from "../../../src/lxd/image-instance.ts";
import { LxdMachines } from "../../../src/lxd/lxd-machines.ts";
import { ownerConfig } from "../../../src/lxd/ownership.ts";
import {
  openInfrastructure,
  roomFor,
  SMALL,
  type InfrastructureFixture,
} from "../../contract/lxd-infrastructure-fixture.ts";
import { BASE_IMAGE_ALIAS, ensureBaseImage } from "../../support/base-image/ensure-base-image.ts";

const reason = reasonToSkip();
const describeLxd = reason === undefined ? describe : describe.skip;

/** What the program took of the kernel's keys. */
interface Keys {
  readonly taken: number;
  readonly error: string;
}

describeLxd(`Users of runners${reason === undefined ? "" : ` (skipped: ${reason})`}`, function () {
  this.timeout(540_000);
  const signal = () => patience(180_000);
  let unit: InfrastructureFixture;
  let machines: LxdMachines;
  let template = "";

  before(async () => {
    await ensureBaseImage({}, signal());
    unit = await openInfrastructure();
    const { client, infrastructure, owner, ports, slug } = unit;
    await infrastructure.ensure(roomFor(0), signal());
    template = `${slug}-template-users`;
    // Never started: its files have the owners of the image, as where LXD maps mounts.
    const instance = {
      name: template,
      type: "container",
      source: { type: "image", alias: BASE_IMAGE_ALIAS },
      profiles: [infrastructure.baseProfile],
      config: ownerConfig(owner, "template"),
    } as const;
    const create = (devices: Parameters<typeof client.instances.create>[0]["devices"]) =>
      client.instances.create({ ...instance, ...(devices && { devices }) }, signal());
    await ports.giving(template, create, signal());
    machines = new LxdMachines({
      client,
      owner,
      deliverProgram: "/bin/true",
      activityCommand: ["/bin/true"],
      startConcurrency: 2,
      ports,
    });
  });
  after(async () => {
    for (const { name } of (await machines.list(signal())).runners) await machines.destroy(name, signal());
    await discardInstance(unit.client, template, signal());
    await unit.infrastructure.remove(signal());
    await unit.client.close();
  });

  const launch = async (name: string): Promise<string> => {
    const profiles = unit.infrastructure.profiles(SMALL);
    const deadline = Date.now() + 180_000;
    const runner = `${unit.slug}-${name}`;
    await machines.launch(
      { name: runner, template, profiles, configHash: "users", scopeKey: "", deadline },
      signal(),
    );
    return runner;
  };
  const run = async (name: string, ...command: readonly [string, ...string[]]) =>
    (await unit.client.exec.run(name, { command }, signal())).stdout;

  it("are of each runner alone, and one that uses up its keys leaves those of others", async () => {
    await machines.list(signal());
    const [first, second] = await Promise.all([launch("one"), launch("two")]);
    const maps = await Promise.all([first, second].map((name) => run(name, "cat", "/proc/self/uid_map")));
    const starts = maps.map((map) => Number(/^\s*0\s+(\d+)\s+196608\n$/.exec(map)?.[1]));
    expect(Math.abs((starts[0] ?? 0) - (starts[1] ?? 0))).to.be.at.least(196_608);
    const { config } = await unit.client.instances.get(template, signal());
    const [{ Hostid: base }] = JSON.parse(config["volatile.idmap.next"] ?? "") as [
      { readonly Hostid: number },
    ];
    // LXD itself would leave its map for instances that are created at the same time.
    for (const start of starts) expect((start - base - 65_536) % 196_608).to.equal(0);
    const program = readFileSync(join(import.meta.dirname, "keys.pl"));
    for (const name of [first, second]) {
      await unit.client.files.put(
        { instance: name, path: "/root/keys.pl" },
        program,
        { mode: 0o700 },
        signal(),
      );
    }
    const script =
      "setsid perl /root/keys.pl 100000 >/root/taken 2>&1 </dev/null & " +
      "until [ -s /root/taken ]; do sleep 0.1; done; cat /root/taken";
    const taken = JSON.parse(await run(first, "sh", "-c", script)) as Keys;
    expect(taken.error).to.equal("Disk quota exceeded");
    expect(taken.taken).to.be.above(50);
    expect(await run(first, "pgrep", "--count", "perl")).to.equal("1\n");
    const left = JSON.parse(await run(second, "perl", "/root/keys.pl", "20")) as Keys;
    expect(left).to.deep.equal({ taken: 20, error: "" });
  });

  it("are those of all where the template's files are owned by them", async () => {
    const { client } = unit;
    await client.instances.changeState(template, { action: "start" }, signal());
    await client.instances.changeState(template, { action: "stop", force: true }, signal());
    await machines.list(signal());
    const shared = await launch("shared");
    expect(await run(shared, "cat", "/proc/self/uid_map")).to.not.include("196608");
  });
});

import { execFileSync } from "node:child_process";
import { expect } from "chai";
import { Rig } from "../../support/rig/rig.ts";

/** A virtual machine in a virtual machine that is emulated takes minutes for what others do in seconds. */
const LIMIT_MS = 60 * 60_000;
const BASE_IMAGE = "vm-base";
const minutes = (count: number) => AbortSignal.timeout(count * 60_000);
const began = performance.now();
const say = (text: string) => {
  console.log(`      ${Math.round((performance.now() - began) / 1000)} s  ${text}`);
};

/** Runs on a whole machine alone: `npm run test:vm`. */
describe("runners in virtual machines", function () {
  this.timeout(LIMIT_MS);
  // Each test goes on from what the one before has left.
  this.bail(true);
  let rig: Rig;

  before(async () => {
    say("importing the base image");
    const files = ["metadata.tar", "rootfs.img"].map((name) => `/exchange/base/${name}`);
    execFileSync("lxc", ["image", "import", ...files, "--alias", BASE_IMAGE], { stdio: "ignore" });
    rig = await Rig.start(
      {
        application: "vm",
        onEvent: (event) => {
          if (event.kind === "status") say(`${event.status.name}: ${event.status.message}`);
        },
      },
      minutes(10),
    );
  });
  after(() => rig.close(minutes(20)));

  const runnerOf = async () => {
    const [name = ""] = await rig.machines(minutes(1));
    return { name, instance: await rig.lxd.client.instances.get(name, minutes(1)) };
  };

  it("are made from an image that was built in one", async () => {
    const size = { "vm-cpu": "1", "vm-memory": "1GiB", "vm-disk": "10GiB" };
    const kind = { "instance-type": "virtual-machine", "base-image": BASE_IMAGE };
    await rig.deploy({ ...kind, ...size }, minutes(60));
    expect(await rig.status()).to.equal("active: 0 runners");
    const images = await rig.lxd.client.images.list(minutes(1));
    expect(images.filter(({ type }) => type === "virtual-machine")).to.have.length(2);
  });

  it("register, with the configured resources", async () => {
    await rig.configure({ "virtual-machines": "1" }, minutes(30));
    expect(await rig.status()).to.equal("active: 1 runner: 1 idle");
    const { name, instance } = await runnerOf();
    expect(instance.type).to.equal("virtual-machine");
    const resources = { "limits.cpu": "1", "limits.memory": "1GiB" };
    expect(instance.expanded_config).to.include(resources);
    expect((await rig.registrations(minutes(1))).map((each) => each.name)).to.deep.equal([name]);
  });

  it("run a job, cannot reach the machine, and are destroyed after it", async () => {
    const { name } = await runnerOf();
    const { id } = await rig.queue(
      [
        "systemd-detect-virt --vm",
        'test "$(nproc)" = 1',
        "gateway=$(ip -4 route show default | cut -d' ' -f3)",
        'if timeout 10 bash -c "</dev/tcp/$gateway/22"; then echo "the machine answers"; exit 1; fi',
      ],
      minutes(1),
    );
    const job = await rig.ended(id, minutes(10));
    expect(job.conclusion, job.log).to.equal("success");
    await rig.gone(name, minutes(5));
    expect(await rig.registrations(minutes(1))).to.deep.equal([]);
  });

  it("are replaced, and removed without a job when fewer are wanted", async () => {
    await rig.reconcile(minutes(30));
    expect(await rig.status()).to.equal("active: 1 runner: 1 idle");
    await rig.configure({ "virtual-machines": "0" }, minutes(10));
    expect(await rig.machines(minutes(1))).to.deep.equal([]);
    expect(await rig.registrations(minutes(1))).to.deep.equal([]);
  });
});

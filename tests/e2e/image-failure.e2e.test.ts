import { expect } from "chai";
import { RUNNER_SCRIPT } from "../../src/guest/paths.ts";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { Rig } from "../support/rig/rig.ts";

endToEnd("an image that cannot be built", () => {
  let rig: Rig;
  const attempts = () =>
    rig.statuses.filter((status) => status.endsWith("Building the runner image: Installing packages")).length;

  before(async () => {
    rig = await Rig.start({ application: "e2eimg" }, patience());
    await rig.deploy({ "virtual-machines": "1" }, patience(120_000));
  });
  after(() => rig.close(patience(120_000)));

  it("is told with its reason, and takes no runner away", async () => {
    const before = await rig.machines(patience());
    await rig.configure({ "image-packages": "no-such-package-anywhere" }, patience(120_000));
    expect(await rig.status()).to.match(
      /^active: 1 runner: 1 idle; image build failed, using the image of \d{4}-\d\d-\d\d \d\d:\d\d UTC: .*Unable to locate package no-such-package-anywhere/,
    );
    expect(await rig.machines(patience())).to.deep.equal(before);
    expect(attempts()).to.equal(1);
  });

  it("lets runners be made from the last good one, and is not tried again at each reconcile", async () => {
    const [lost = ""] = await rig.machines(patience());
    await rig.lxd.client.instances.changeState(lost, { action: "stop", force: true }, patience());
    await rig.reconcile(patience());
    expect(await rig.status()).to.match(/^active: 1 runner: 1 idle; image build failed/);
    const made = await rig.machines(patience());
    expect(made).to.have.length(1).and.not.include(lost);
    expect(attempts()).to.equal(1);
  });

  it("is tried at once when a person wants it, who is told why it fails", async () => {
    const act = rig.act("build-image", {}, patience(120_000));
    const thrown: unknown = await act.catch((error: unknown) => error);
    expect(String(thrown)).to.include("Unable to locate package no-such-package-anywhere");
    expect(attempts()).to.equal(1);
  });

  it("is forgotten once the option is mended", async () => {
    await rig.configure({ "image-packages": "" }, patience(120_000));
    expect(await rig.status()).to.equal("active: 1 runner: 1 idle");
  });

  it("is no obstacle to the next one, which the next reconcile puts in the place of idle runners", async () => {
    const before = await rig.machines(patience());
    const { image = "" } = await rig.act("build-image", {}, patience(120_000));
    expect(image).to.match(/^[0-9a-f]{64}$/);
    expect(await rig.machines(patience())).to.deep.equal(before);
    await rig.reconcile(patience());
    const after = await rig.machines(patience());
    expect(after).to.have.length(1).and.not.include(before[0]);
    // The earlier image goes when the runner has stayed: the first reconcile finds that, the second one deletes it.
    await rig.reconcile(patience());
    await rig.reconcile(patience());
    const instances = await rig.lxd.instances(rig.slug, patience());
    const template = `${rig.slug}-template-${image.slice(0, 8)}`;
    expect(instances.map(({ name }) => name).sort()).to.deep.equal([...after, template].sort());
  });

  it("is replaced by the image before when its runners end at once, until the next one is built", async () => {
    await rig.configure({ "virtual-machines": "2" }, patience());
    const { image = "" } = await rig.act("build-image", {}, patience(120_000));
    const template = `${rig.slug}-template-${image.slice(0, 8)}`;
    const script = { instance: template, path: RUNNER_SCRIPT };
    const spoilt = Buffer.from("#!/bin/sh\necho no such library\nexit 1\n");
    await rig.lxd.client.files.put(script, spoilt, { mode: 0o755, uid: 0, gid: 0 }, patience());
    for (let round = 0; round < 8 && !(await rig.status()).includes("using the image of"); round++) {
      expect(await rig.machines(patience()), `before round ${round}`).to.have.length.at.least(1);
      await rig.reconcile(patience());
    }
    await rig.reconcile(patience());
    const status = await rig.status();
    expect(status, status).to.match(
      /^active: 2 runners: 2 idle; using the image of .* UTC, since no runner of the image of .* UTC has stayed: .*ended with 1 /,
    );
    expect(await rig.machines(patience())).to.have.length(2);
    await rig.act("build-image", {}, patience(120_000));
    await rig.reconcile(patience());
    await rig.reconcile(patience());
    expect(await rig.status()).to.equal("active: 2 runners: 2 idle");
  });
});

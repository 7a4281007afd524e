import { expect } from "chai";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { Rig } from "../support/rig/rig.ts";

const LISTENS = 'print Runner::now(), ": Listening for Jobs\\n";';

endToEnd("a runner application that words its readiness otherwise", () => {
  let rig: Rig;
  before(async () => {
    rig = await Rig.start(
      {
        application: "e2eword",
        editListener: (source) => source.replaceAll(LISTENS, 'print "Waiting for work\\n";'),
      },
      patience(),
    );
    await rig.deploy({ "virtual-machines": "2" }, patience(180_000));
  });
  after(() => rig.close(patience(120_000)));

  it("makes runners, since GitHub lists them as online", async () => {
    expect(await rig.status()).to.equal("active: 2 runners: 2 idle");
    const { id } = await rig.queue(["echo served"], patience());
    expect(await rig.ended(id, patience())).to.include({ conclusion: "success" });
  });
});

endToEnd("a runner application that dies right after its first line", () => {
  let rig: Rig;
  before(async () => {
    rig = await Rig.start(
      {
        application: "e2edie",
        editListener: (source) =>
          source.replaceAll(LISTENS, `${LISTENS} sleep 1; print "Out of cheese\\n"; exit 1;`),
      },
      patience(),
    );
    await rig.deploy({ "virtual-machines": "3" }, patience(180_000));
  });
  after(() => rig.close(patience(120_000)));

  const allGone = async () => {
    for (const name of await rig.machines(patience())) await rig.gone(name, patience());
  };

  it("is told with its exit code and its output", async () => {
    await allGone();
    await rig.reconcile(patience());
    expect(await rig.status()).to.match(
      /since 3 runners ended without a job.*: its application ended with \d+ after \d+ s without a job; its last output: .*Out of cheese/,
    );
  });

  it("costs one creation a reconcile from then on, and the missing ones are told", async () => {
    await allGone();
    await rig.reconcile(patience());
    expect(await rig.machines(patience())).to.have.length.at.most(1);
    await allGone();
    await rig.reconcile(patience());
    expect(await rig.machines(patience())).to.have.length.at.most(1);
    expect(await rig.status()).to.match(
      /^(active: 1|maintenance: No runner) of 3 .*; creating one runner at a time, since 7 runners ended without a job/,
    );
  });

  it("keeps the same words in the unit's log", () => {
    expect(rig.log.join("\n")).to.match(/its last output: .*Out of cheese/);
  });
});

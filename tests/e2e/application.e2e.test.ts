import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { Rig } from "../support/rig/rig.ts";
import { SecretHunt } from "../support/rig/secret-hunt.ts";

const LOGS = "/var/log/github-runner-logs";
/** How every just-in-time configuration begins: `{".runner":"` in base64. */
const JIT_START = "eyIucnVubmVyIjoi";

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
          source.replaceAll(
            LISTENS,
            `${LISTENS} sleep 6; print "jitconfig: $input{jitconfig}\\nOut of cheese\\n"; exit 1;`,
          ),
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

  it("leaves a capsule of each, with what the application printed and without its registration", async () => {
    const names = (await readdir(LOGS)).filter((name) => name.startsWith("e2edie-0-"));
    const told = rig.log.filter((line) => line.includes("crashed")).join("\n");
    expect(names.length, told).to.be.at.least(3);
    const hunt = new SecretHunt();
    hunt.add("a just-in-time configuration", JIT_START);
    for (const name of names) {
      const files = await readdir(join(LOGS, name));
      expect(files, await readFile(join(LOGS, name, "report.json"), "utf8")).to.include.members([
        "report.json",
        "console.log",
        "journal.log",
      ]);
      expect(await readFile(join(LOGS, name, "console.log"), "utf8")).to.include("Out of cheese");
      expect(await readFile(join(LOGS, name, "journal.log"), "utf8")).to.include("Out of cheese");
      expect(await readFile(join(LOGS, name, "report.json"), "utf8")).to.match(
        /its application ended with \d+/,
      );
      // The application of this rig prints its registration.
      expect(await readFile(join(LOGS, name, "console.log"), "utf8")).to.include("jitconfig: [redacted]");
    }
    expect(hunt.inFiles(names.map((name) => join(LOGS, name)))).to.deep.equal([]);
  });

  it("is explained by the actions, from its creation to its end", async () => {
    const { capsules = "" } = await rig.act("post-mortem", {}, patience());
    const [name = ""] = capsules.split(",");
    expect(name).to.match(/^e2edie-0-/);
    const { timeline = "", summary } = await rig.act("explain-runner", { name }, patience());
    expect(summary).to.match(/is gone: its application ended with \d+/);
    expect(timeline).to.match(
      /creation begun[^]*registered at GitHub[^]*listens for jobs[^]*its application ended with \d+[^]*capsule kept[^]*removed/,
    );
    const { report = "", content = "" } = await rig.act(
      "post-mortem",
      { runner: name, file: "journal.log" },
      patience(),
    );
    expect(JSON.parse(report)).to.include({ runner: name });
    expect(content).to.include("Out of cheese");
    const refused = await rig.act("explain-runner", { name: "e2edie-0-nothing" }, patience()).catch(String);
    expect(refused).to.include("no such runner").and.to.include(name);
  });

  it("keeps the same words in the unit's log", () => {
    expect(rig.log.join("\n")).to.match(/its last output: .*Out of cheese/);
  });
});

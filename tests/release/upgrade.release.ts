import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { footprintOf } from "../support/rig/footprint.ts";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { ARCHIVE, Rig } from "../support/rig/rig.ts";
import { COMMITS_BACK, earlierCommit, packEarlier } from "./earlier-archive.ts";

const LIMIT_MS = 15 * 60_000;
const commit = earlierCommit();
const title =
  commit === undefined
    ? `an upgrade from the last release (skipped: no tag, and no commit ${COMMITS_BACK} before this one; name one in EARLIER)`
    : `an upgrade from ${commit} and a roll back`;

(commit === undefined ? describe.skip : endToEnd)(title, () => {
  let directory: string;
  let earlier: string;
  let rig: Rig;
  let nothing: Awaited<ReturnType<typeof footprintOf>>;

  before(async function () {
    this.timeout(LIMIT_MS);
    directory = mkdtempSync(join(tmpdir(), "upgrade-"));
    earlier = await packEarlier(commit ?? "", directory, patience(LIMIT_MS));
    rig = await Rig.start({ application: "e2erel", archive: earlier }, patience());
    nothing = await footprintOf(rig, patience());
    await rig.deploy({ "virtual-machines": "2" }, patience(120_000));
  });
  after(async () => {
    await rig.close(patience(120_000));
    rmSync(directory, { recursive: true, force: true });
  });

  /** Refreshes while a runner has a job, which goes on and ends well on the same runner. */
  const refreshDuringJob = async (archive: string) => {
    await rig.reconcile(patience());
    const job = await rig.occupy(patience());
    await rig.agent.refresh(rig.application, archive, false, patience(180_000));
    expect(await rig.machines(patience())).to.include(job.runnerName);
    expect(await rig.status()).to.equal("active: 2 runners: 1 idle, 1 busy");
    await rig.release(job, patience());
    expect(await rig.ended(job.id, patience())).to.include({ conclusion: "success", assignments: 1 });
    await rig.gone(job.runnerName ?? "", patience());
    const { id } = await rig.queue(["echo done"], patience());
    expect(await rig.ended(id, patience()), "a job of the other version").to.include({
      conclusion: "success",
    });
    await rig.reconcile(patience());
    expect(await rig.status()).to.equal("active: 2 runners: 2 idle");
  };

  it("ends no job in either direction, and leaves nothing of the other version", async () => {
    const before = await footprintOf(rig, patience());
    await refreshDuringJob(ARCHIVE);
    await refreshDuringJob(earlier);
    const { files, ...after } = await footprintOf(rig, patience());
    const { files: known, ...others } = before;
    expect(after).to.deep.equal(others);
    // What only the newer version knows, the older one cannot take away before it takes away all.
    expect(files).to.include.members(known);
    expect(files.filter((name) => !known.includes(name) && !/^[\w-]+\.jsonl?$/.test(name))).to.deep.equal([]);
    await rig.agent.remove(rig.application, false, patience(120_000));
    expect(existsSync(rig.dataDirectory), "records of the newer version").to.equal(false);
    expect(await footprintOf(rig, patience())).to.deep.equal(nothing);
  });
});

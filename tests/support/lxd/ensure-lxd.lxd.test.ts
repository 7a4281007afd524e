import { readFileSync } from "node:fs";
import { expect } from "chai";
import { ensureLxd } from "./ensure-lxd.ts";
import { reasonToSkipLxd } from "./reason-to-skip.ts";

const reason = reasonToSkipLxd();
const suite = reason === undefined ? describe : describe.skip;

suite(`ensureLxd()${reason === undefined ? "" : ` (skipped: ${reason})`}`, () => {
  it("leaves an LXD that answers as it is", async () => {
    const steps: string[] = [];
    expect(await ensureLxd(AbortSignal.timeout(10_000), (step) => steps.push(step))).to.equal(true);
    expect(steps.filter((step) => /install|start/i.test(step))).to.deep.equal([]);
  });

  it("leaves no kernel limit that stops at a score of containers", async () => {
    await ensureLxd(AbortSignal.timeout(10_000), () => undefined);
    const limit = (name: string) => Number(readFileSync(`/proc/sys/${name}`, "utf8"));
    expect(limit("fs/inotify/max_user_instances")).to.be.at.least(1_048_576);
    expect(limit("kernel/keys/maxkeys")).to.be.at.least(2000);
    expect(limit("net/ipv4/ip_forward")).to.equal(1);
  });
});

import { expect } from "chai";
import type { RunProcess } from "charm-kit";
import { NftPacketFilter, PacketFilterError } from "../../src/host/packet-filter.ts";

/** A kernel that refuses some scripts. */
function kernel(refuses: (script: string) => boolean) {
  const accepted: string[] = [];
  const run: RunProcess = ([, script = ""]) => {
    if (refuses(script)) return Promise.resolve({ exitCode: 1, stdout: "", stderr: "Error: not supported" });
    accepted.push(script);
    return Promise.resolve({ exitCode: 0, stdout: "", stderr: "" });
  };
  return { accepted, filter: new NftPacketFilter("runners-0", run) };
}
const close = (filter: NftPacketFilter) =>
  filter.closeHost("ghr-7c5a533446", "10.251.17.1/24", undefined, AbortSignal.timeout(1000));

describe("closeHost()", () => {
  it("keeps the counted connections and guards the bridge's ports, in one transaction", async () => {
    const { accepted, filter } = kernel(() => false);
    await close(filter);
    expect(accepted).to.have.length(1);
    expect(accepted[0]).to.include("flush table inet github-runner.runners-0");
    expect(accepted[0]).to.not.include("delete table inet");
    expect(accepted[0]).to.include('"ghp7c5a533-2" . 10.251.17.2');
    // Linux takes at most this much in one word of a command line.
    expect(accepted[0]?.length).to.be.below(128 * 1024);
  });

  it("stays below that for the largest subnet", async () => {
    const { accepted, filter } = kernel(() => false);
    await filter.closeHost("ghr-7c5a533446", "10.251.0.1/16", 8470, AbortSignal.timeout(1000));
    expect(accepted[0]?.length).to.be.below(128 * 1024);
  });

  it("keeps one port of the gateway open, and each runner's connections to it few", async () => {
    const { accepted, filter } = kernel(() => false);
    await filter.closeHost("ghr-7c5a533446", "10.251.17.1/24", 8470, AbortSignal.timeout(1000));
    const rules = accepted[0]?.split("\n").map((line) => line.trim()) ?? [];
    const open = rules.indexOf("ip daddr 10.251.17.1 tcp dport 8470 goto check");
    expect(open).to.be.above(rules.indexOf("chain from_runners {"));
    expect(open).to.be.below(rules.findIndex((rule) => rule.startsWith("fib daddr type")));
    expect(rules).to.include("ct state new add @checks { ip saddr ct count over 64 } goto refuse");
  });

  it("opens no port by itself", async () => {
    const { accepted, filter } = kernel(() => false);
    await close(filter);
    expect(accepted[0]).to.not.include("tcp dport");
    expect(accepted[0]).to.not.include("checks");
  });

  const lacks: readonly (readonly [lack: string, refuses: (script: string) => boolean, has: string])[] = [
    ["a table of an earlier version", (script) => script.includes("flush table"), "@th,288,48"],
    ["no comparison of DHCP clients", (script) => script.includes("@th"), "set senders"],
    ["no filter of bridges", (script) => script.includes("bridge"), "table inet"],
  ];
  for (const [lack, refuses, has] of lacks) {
    it(`does what the machine can where it has ${lack}`, async () => {
      const { accepted, filter } = kernel(refuses);
      await close(filter);
      expect(accepted).to.have.length(1);
      expect(accepted[0]).to.include(has);
      expect(accepted[0]).to.include("fib daddr type");
    });
  }

  it("fails where the machine cannot be closed to runners", async () => {
    const { filter } = kernel(() => true);
    const failure = await close(filter).catch((thrown: unknown) => thrown);
    expect(failure).to.be.instanceOf(PacketFilterError);
  });
});

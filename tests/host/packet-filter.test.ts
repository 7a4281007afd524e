import { expect } from "chai";
import type { RunProcess } from "charm-kit";
import {
  NftPacketFilter,
  PacketFilterError,
  parseWrittenRules,
  type WrittenRules,
  type WrittenRulesRecord,
} from "../../src/host/packet-filter.ts";
import { soon } from "../support/patience.ts";

const BRIDGE = "ghr-7c5a533446";
const LXD_RULES = `table inet lxd {
\tchain aclfwd.${BRIDGE} {
\t\ttype filter hook forward priority filter; policy accept;
\t\tiifname "${BRIDGE}" jump acl.${BRIDGE}
\t\toifname "${BRIDGE}" jump acl.${BRIDGE}
\t}
}
`;
const EMPTIED = LXD_RULES.replaceAll(/\t\t[io]ifname .*\n/g, "");
const own = (elements = "") => `table inet github-runner.runners-0 {
\tset connections {
\t\ttype ipv4_addr
\t\tsize 4096
\t\tflags dynamic
${elements}\t}
\tset senders {
\t\ttypeof iifname . ether saddr
\t\telements = { "ghp7c5a533-2" . 10:66:6a:00:00:02 }
\t}
}
table bridge github-runner.runners-0 {
\tset askers {
\t\ttypeof iifname
\t\tsize 4096
\t\tflags dynamic,timeout
\t\ttimeout 1m
${elements}\t}
}
`;

/** Keeps what was written, as a file does. */
class Record implements WrittenRulesRecord {
  value: WrittenRules | null = null;
  fault: Error | undefined;
  read = () => Promise.resolve(this.value);
  write = (value: WrittenRules) => {
    if (this.fault) return Promise.reject(this.fault);
    this.value = value;
    return Promise.resolve();
  };
}

/** A kernel that shows its rules in a way of the test. */
function showing(record: Record) {
  const kernel = {
    list: own() + LXD_RULES,
    exitCode: 0,
    written: 0,
    refuses: (_script: string): boolean => false,
  };
  const run: RunProcess = ([, word = ""]) => {
    if (word === "-i") return Promise.resolve({ exitCode: kernel.exitCode, stdout: kernel.list, stderr: "" });
    if (word.startsWith("list chain"))
      return Promise.resolve({
        exitCode: kernel.list.includes("lxd") ? 0 : 1,
        stdout: kernel.list.slice(kernel.list.indexOf("table inet lxd")),
        stderr: "",
      });
    if (kernel.refuses(word)) return Promise.resolve({ exitCode: 1, stdout: "", stderr: "" });
    kernel.written += 1;
    return Promise.resolve({ exitCode: 0, stdout: "", stderr: "" });
  };
  const open = () => new NftPacketFilter({ slug: "runners-0", run, written: record });
  return { kernel, open };
}

/** A kernel that refuses some scripts. */
function kernel(refuses: (script: string) => boolean) {
  const accepted: string[] = [];
  const run: RunProcess = ([, script = ""]) => {
    if (script === "-i") return Promise.resolve({ exitCode: 0, stdout: "", stderr: "" });
    if (refuses(script)) return Promise.resolve({ exitCode: 1, stdout: "", stderr: "Error: not supported" });
    accepted.push(script);
    return Promise.resolve({ exitCode: 0, stdout: "", stderr: "" });
  };
  return { accepted, filter: new NftPacketFilter({ slug: "runners-0", run }) };
}
const close = (filter: NftPacketFilter) =>
  filter.closeHost("ghr-7c5a533446", "10.251.17.1/24", undefined, soon());

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
    await filter.closeHost("ghr-7c5a533446", "10.251.0.1/16", 8470, soon());
    expect(accepted[0]?.length).to.be.below(128 * 1024);
  });

  it("keeps one port of the gateway open, and each runner's connections to it few", async () => {
    const { accepted, filter } = kernel(() => false);
    await filter.closeHost("ghr-7c5a533446", "10.251.17.1/24", 8470, soon());
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

  it("writes rules once, also in another process, while the kernel shows them as they were", async () => {
    const record = new Record();
    const { kernel: seen, open } = showing(record);
    expect(await close(open())).to.equal(true);
    // What runners do is no change.
    seen.list = own("\t\telements = { 10.251.17.2 ct count over 16384,\n\t\t\t10.251.17.3 }\n") + LXD_RULES;
    expect(await close(open())).to.equal(true);
    // nft 1.1.3 counts them too.
    seen.list = seen.list.replaceAll("\t\tsize 4096\n", "\t\tsize 4096\t# count 2\n");
    expect(await close(open())).to.equal(true);
    expect(seen.written).to.equal(1);
  });

  const changes: readonly (readonly [title: string, list: string])[] = [
    ["an address of a port is missing", own().replace(/\t\telements = .*\n/, "") + LXD_RULES],
    ["a rule is more", own().replace("\tset senders", "\tchain extra {\n\t}\n\tset senders") + LXD_RULES],
    ["the table of frames is gone", own().replace(/table bridge[^]*/, "") + LXD_RULES],
    ["all rules were flushed", ""],
  ];
  for (const [title, list] of changes) {
    it(`writes rules again when ${title}`, async () => {
      const { kernel: seen, open } = showing(new Record());
      await close(open());
      seen.list = list;
      expect(await close(open())).to.equal(list !== "");
      expect(seen.written).to.equal(2);
    });
  }

  it("writes other rules at once, and those of before again", async () => {
    const { kernel: seen, open } = showing(new Record());
    const ports = [undefined, 8470, undefined];
    for (const port of ports) await open().closeHost(BRIDGE, "10.251.17.1/24", port, soon());
    expect(seen.written).to.equal(ports.length);
  });

  it("does not remember rules that lack a part, since the machine may accept the rest of them later", async () => {
    const { kernel: seen, open } = showing(new Record());
    await close(open());
    // The table of frames stays there, as it was written for another port.
    seen.refuses = (script) => script.includes("bridge");
    const closeFor = (filter: NftPacketFilter) => filter.closeHost(BRIDGE, "10.251.17.1/24", 8470, soon());
    await closeFor(open());
    seen.refuses = () => false;
    await closeFor(open());
    expect(seen.written).to.equal(3);
    await closeFor(open());
    expect(seen.written).to.equal(3);
  });

  it("leaves no history of commands on the machine", async () => {
    const homes: (string | undefined)[] = [];
    const run: RunProcess = ([, word], { env }) => {
      if (word === "-i") homes.push(env?.["HOME"]);
      return Promise.resolve({ exitCode: 0, stdout: own() + LXD_RULES, stderr: "" });
    };
    await close(new NftPacketFilter({ slug: "runners-0", run }));
    // A file in it cannot be made.
    expect(homes).to.deep.equal(["/dev/null"]);
  });

  it("tells that LXD's rules are missing, and leaves its own as they are", async () => {
    const { kernel: seen, open } = showing(new Record());
    await close(open());
    seen.list = own();
    expect(await close(open())).to.equal(false);
    expect(seen.written).to.equal(1);
  });

  it("tells that LXD's rules are missing when only their chains are there", async () => {
    for (const exitCode of [0, 1]) {
      const { kernel: seen, open } = showing(new Record());
      seen.exitCode = exitCode;
      expect(await close(open())).to.equal(true);
      seen.list = own() + EMPTIED;
      expect(await close(open())).to.equal(false);
    }
  });

  it("writes rules each time where nft cannot show them, or the machine has no room to remember them", async () => {
    for (const [exitCode, fault] of [
      [1, undefined],
      [0, new Error("ENOSPC")],
    ] as const) {
      const record = new Record();
      record.fault = fault;
      const { kernel: seen, open } = showing(record);
      seen.exitCode = exitCode;
      expect(await close(open())).to.equal(true);
      expect(await close(open())).to.equal(true);
      expect(seen.written).to.equal(2);
    }
  });

  it("remembers nothing of a damaged file", () => {
    for (const stored of [null, [], {}, { wanted: "a" }, { wanted: 1, shown: "b" }])
      expect(parseWrittenRules(stored)).to.equal(null);
    expect(parseWrittenRules({ wanted: "a", shown: "b" })).to.deep.equal({ wanted: "a", shown: "b" });
  });

  it("fails where the machine cannot be closed to runners", async () => {
    const { filter } = kernel(() => true);
    const failure = await close(filter).catch((thrown: unknown) => thrown);
    expect(failure).to.be.instanceOf(PacketFilterError);
  });
});

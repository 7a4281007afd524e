import { expect } from "chai";
import type { NetworkACLRule } from "lxd-client";
import { egressRules } from "../../src/lxd/acl-rules.ts";
import { isNoLooser } from "../../src/lxd/acl-strictness.ts";
import { parseAddress } from "../../src/network/address.ts";
import { parseNetwork } from "../../src/network/network.ts";

interface Rules {
  readonly closed?: readonly string[];
  readonly denied?: readonly string[];
  /** `address:port` */
  readonly exceptions?: readonly string[];
  readonly machinePort?: number;
}

const networks = (texts: readonly string[]) =>
  texts.map(parseNetwork).filter((network) => network !== undefined);

function rules({ closed = ["10.251.0.0/16"], denied = ["10.0.0.0/8"], exceptions = [], machinePort }: Rules) {
  const endpoints = exceptions.flatMap((text) => {
    const [host = "", port = ""] = text.split(":");
    const address = parseAddress(host);
    return address ? [{ address, port: Number(port) }] : [];
  });
  const wanted = {
    denied: networks(denied),
    exceptions: endpoints,
    ...(machinePort !== undefined && { machinePort }),
  };
  return { egress: egressRules(networks(closed), wanted, parseAddress("10.251.17.1")), ingress: [] };
}

describe("isNoLooser()", () => {
  const cases: readonly (readonly [change: string, present: Rules, wanted: Rules, isNoLooser: boolean])[] = [
    ["nothing", {}, {}, true],
    ["a network is no longer denied", { denied: ["10.0.0.0/8", "172.16.0.0/12"] }, {}, true],
    ["a network is denied", {}, { denied: ["10.0.0.0/8", "172.16.0.0/12"] }, false],
    ["a part of a denied network is denied alone", {}, { denied: ["10.4.0.0/16"] }, true],
    ["an address of the machine comes", {}, { closed: ["10.251.0.0/16", "192.0.2.7/32"] }, false],
    ["an address of the machine goes", { closed: ["10.251.0.0/16", "192.0.2.7/32"] }, {}, true],
    ["one comes that is denied already", {}, { closed: ["10.251.0.0/16", "10.3.2.1/32"] }, true],
    ["an exception comes", {}, { exceptions: ["10.1.2.3:22"] }, true],
    ["an exception goes", { exceptions: ["10.1.2.3:22"] }, {}, false],
    [
      "an exception has one port more",
      { exceptions: ["10.1.2.3:22"] },
      { exceptions: ["10.1.2.3:22", "10.1.2.3:80"] },
      true,
    ],
    [
      "an exception has one port less",
      { exceptions: ["10.1.2.3:22", "10.1.2.3:80"] },
      { exceptions: ["10.1.2.3:22"] },
      false,
    ],
    [
      "an exception is closed",
      { exceptions: ["10.1.2.3:22"] },
      { exceptions: ["10.1.2.3:22"], closed: ["10.1.2.3/32"] },
      false,
    ],
    ["the port of the machine closes", { machinePort: 8470 }, {}, false],
    ["the port of the machine opens", {}, { machinePort: 8470 }, true],
  ];
  for (const [change, present, wanted, expected] of cases) {
    it(`is ${expected} when ${change}`, () => {
      expect(isNoLooser(rules(present), rules(wanted))).to.equal(expected);
    });
  }

  it("is false for a rule of somebody else that opens anything, and not for one that closes something", () => {
    const wanted = rules({});
    const opening: readonly NetworkACLRule[] = [
      { action: "allow", state: "enabled", destination: "10.3.0.0/16" },
      { action: "allow", state: "enabled", destination: "10.0.0.1-12.0.0.9" },
      { action: "allow", state: "enabled", destination: "192.0.2.0/24,@internal" },
      { action: "allow", state: "enabled", destination: "fd00::/8" },
      { action: "allow", state: "enabled" },
      { action: "allow", state: "logged", source: "10.251.17.9", protocol: "udp" },
    ];
    for (const rule of opening.slice(1))
      expect(
        isNoLooser({ ...wanted, egress: [...wanted.egress, rule] }, wanted),
        JSON.stringify(rule),
      ).to.equal(false);
    // Refused before it.
    const [hidden] = opening;
    expect(
      isNoLooser({ ...wanted, egress: [...wanted.egress, ...(hidden ? [hidden] : [])] }, wanted),
    ).to.equal(true);
    const closing: NetworkACLRule = {
      action: "drop",
      state: "logged",
      destination: "192.0.2.0/24",
      protocol: "tcp",
    };
    expect(isNoLooser({ ...wanted, egress: [...wanted.egress, closing] }, wanted)).to.equal(true);
    expect(isNoLooser({ ...wanted, ingress: [{ action: "allow", state: "enabled" }] }, wanted)).to.equal(
      false,
    );
  });

  it("is false when a rule that refuses is disabled, or is for some packets only", () => {
    const wanted = rules({});
    const weaker: readonly Partial<NetworkACLRule>[] = [
      { state: "disabled" },
      { protocol: "tcp" },
      { source: "10.251.17.9" },
    ];
    for (const weak of weaker) {
      const egress = wanted.egress.map((rule) =>
        rule.description === "denylist" ? { ...rule, ...weak } : rule,
      );
      expect(isNoLooser({ ...wanted, egress }, wanted), JSON.stringify(weak)).to.equal(false);
    }
    // LXD sends what is not set as empty texts.
    const egress = wanted.egress.map(
      (rule) => ({ ...rule, source: "", protocol: "" }) as unknown as NetworkACLRule,
    );
    expect(isNoLooser({ ...wanted, egress }, wanted)).to.equal(true);
  });
});

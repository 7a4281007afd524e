import { expect } from "chai";
import fc from "fast-check";
import { egressRules } from "../../src/lxd/acl-rules.ts";
import type { NetworkACLRule } from "lxd-client";
import type { Endpoint } from "../../src/unit/ports.ts";
import { contains, networkOf, type Network } from "../../src/network/network.ts";
import { anyAddress } from "../network/arbitraries.ts";
import { address, networks } from "../network/written.ts";

interface Packet extends Endpoint {
  readonly protocol: "tcp" | "udp";
}

/** What LXD does with a packet: it rejects before it allows, and what no rule names the bridge rejects. */
function verdict(rules: readonly NetworkACLRule[], packet: Packet): "allow" | "reject" {
  const matching = rules.filter((rule) => matches(rule, packet));
  if (matching.some(({ action }) => action !== "allow")) return "reject";
  return matching.length > 0 ? "allow" : "reject";
}

function matches(rule: NetworkACLRule, packet: Packet): boolean {
  const destination = networks(...(rule.destination ?? "").split(","));
  if (!destination.some((network) => contains(network, packet.address))) return false;
  if (rule.protocol !== undefined && rule.protocol !== packet.protocol) return false;
  return rule.destination_port?.split(",").includes(String(packet.port)) ?? true;
}

const tcp = (text: string, port: number): Packet => ({ address: address(text), port, protocol: "tcp" });
const endpoint = (text: string, port: number): Endpoint => ({ address: address(text), port });

describe("egressRules()", () => {
  const closed = networks("10.9.0.0/24", "192.0.2.2");

  it("are three where nothing is denied, and a person can read them", () => {
    expect(egressRules(closed, { denied: [], exceptions: [] })).to.deep.equal([
      {
        action: "reject",
        state: "enabled",
        description: "this machine and all runners on it",
        destination: "0.0.0.0/8,10.9.0.0/24,127.0.0.0/8,192.0.2.2/32,224.0.0.0/4,255.255.255.255/32",
      },
      {
        action: "reject",
        state: "enabled",
        description: "link-local addresses, metadata services among them",
        destination: "169.254.0.0/16",
      },
      { action: "allow", state: "enabled", description: "everything else", destination: "0.0.0.0/0" },
    ]);
  });

  it("open one port of the machine on the bridge, whatever is denied, and no other one", () => {
    const rules = egressRules(
      closed,
      { denied: networks("10.0.0.0/8"), exceptions: [], machinePort: 8470 },
      address("10.9.0.1"),
    );
    expect(verdict(rules, tcp("10.9.0.1", 8470))).to.equal("allow");
    for (const packet of [
      tcp("10.9.0.1", 8471),
      { ...tcp("10.9.0.1", 8470), protocol: "udp" as const },
      tcp("10.9.0.2", 8470),
      tcp("192.0.2.2", 8470),
      tcp("10.1.2.3", 8470),
    ])
      expect(verdict(rules, packet)).to.equal("reject");
    expect(verdict(rules, tcp("198.51.100.7", 443))).to.equal("allow");
  });

  it("take an exception out of the denied networks, and allow its ports alone", () => {
    const rules = egressRules(closed, {
      denied: networks("10.0.0.0/29", "10.0.0.0/30"),
      exceptions: [endpoint("10.0.0.1", 10022), endpoint("10.0.0.1", 22), endpoint("10.0.0.1", 22)],
    });
    expect(rules.slice(2, 4)).to.deep.equal([
      {
        action: "reject",
        state: "enabled",
        description: "denylist",
        destination: "10.0.0.0/32,10.0.0.2/31,10.0.0.4/30",
      },
      {
        action: "allow",
        state: "enabled",
        description: "exception of the denylist",
        destination: "10.0.0.1/32",
        protocol: "tcp",
        destination_port: "22,10022",
      },
    ]);
    expect(verdict(rules, tcp("10.0.0.1", 22))).to.equal("allow");
    expect(verdict(rules, { ...tcp("10.0.0.1", 22), protocol: "udp" })).to.equal("reject");
    expect(verdict(rules, tcp("10.0.0.1", 23))).to.equal("reject");
  });

  it("need no exception outside of the denied networks", () => {
    const exceptions = [endpoint("203.0.113.7", 22)];
    expect(egressRules(closed, { denied: networks("10.0.0.0/8"), exceptions })).to.deep.equal(
      egressRules(closed, { denied: networks("10.0.0.0/8"), exceptions: [] }),
    );
  });

  it("open no address of the machine, no runner and no metadata service by an exception", () => {
    const inside = ["192.0.2.2", "10.9.0.7", "169.254.169.254", "127.0.0.1"];
    const rules = egressRules(closed, {
      denied: networks("0.0.0.0/0"),
      exceptions: inside.map((host) => endpoint(host, 22)),
    });
    for (const host of inside) expect(verdict(rules, tcp(host, 22))).to.equal("reject");
  });

  it("say nothing of IPv6, which the bridge rejects", () => {
    const rules = egressRules(networks("fd00::1"), {
      denied: networks("fd00::/8"),
      exceptions: [endpoint("fd00::2", 22)],
    });
    expect(rules).to.deep.equal(egressRules([], { denied: [], exceptions: [] }));
    expect(verdict(rules, tcp("fd00::2", 22))).to.equal("reject");
    expect(verdict(rules, tcp("2001:db8::1", 443))).to.equal("reject");
  });

  it("judge each packet as the specification does, whatever is closed, denied and excepted", () => {
    const low = fc.nat(31);
    const near = low.map((value) => ({ family: 4, value: (10n << 24n) + BigInt(value) }) as const);
    const network = fc.tuple(near, fc.integer({ min: 27, max: 32 })).map((pair) => networkOf(...pair));
    const port = fc.constantFrom(22, 443);
    const isIn = (list: readonly Network[], { address: of }: Endpoint) =>
      list.some((one) => contains(one, of));
    fc.assert(
      fc.property(
        fc.record({ closed: fc.array(network), denied: fc.array(network, { maxLength: 3 }) }),
        fc.array(fc.record({ address: near, port }), { maxLength: 3 }),
        fc.record({ address: fc.oneof(near, anyAddress), port, protocol: fc.constantFrom("tcp", "udp") }),
        (lists, exceptions, packet) => {
          const always = networks(
            "0.0.0.0/8",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "224.0.0.0/4",
            "255.255.255.255",
          );
          const isExcepted =
            packet.protocol === "tcp" &&
            exceptions.some((one) => one.address.value === packet.address.value && one.port === packet.port);
          const isAllowed =
            packet.address.family === 4 &&
            !isIn([...lists.closed, ...always], packet) &&
            (!isIn(lists.denied, packet) || isExcepted);
          const rules = egressRules(lists.closed, { denied: lists.denied, exceptions });
          expect(verdict(rules, packet)).to.equal(isAllowed ? "allow" : "reject");
        },
      ),
      { numRuns: 1000 },
    );
  });
});

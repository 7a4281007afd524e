import { expect } from "chai";
import { Secret } from "charm-kit";
import { firewallRules } from "../../src/unit/firewall-rules.ts";
import { address, networks } from "../network/written.ts";

const host = (text: string, port: number) => ({
  host: text,
  port,
  rsaFingerprint: "SHA256:a",
  ed25519Fingerprint: "SHA256:b",
});

const policy = { by: "nobody" } as const;

describe("firewallRules()", () => {
  it("deny the denylist's networks", () => {
    const denylist = networks("10.0.0.0/8", "fd00::/8");
    expect(firewallRules({ denylist, policy }, { debugSshHosts: [] })).to.deep.equal({
      denied: denylist,
      exceptions: [],
    });
  });

  it("except each debug-ssh host, by address and port", () => {
    const debugSshHosts = [host("10.0.0.7", 10022), host("fd00::7", 22)];
    expect(firewallRules({ denylist: [], policy }, { debugSshHosts }).exceptions).to.deep.equal([
      { address: address("10.0.0.7"), port: 10022 },
      { address: address("fd00::7"), port: 22 },
    ]);
  });

  it("open the port of the built-in policy, and none for a service elsewhere", () => {
    const integrations = { debugSshHosts: [] };
    const external = { by: "service", url: "https://policy.example", token: new Secret("token") } as const;
    expect(firewallRules({ denylist: [], policy: { by: "charm" } }, integrations).machinePort).to.equal(8470);
    expect(firewallRules({ denylist: [], policy: external }, integrations)).to.not.have.property(
      "machinePort",
    );
  });
});

import { expect } from "chai";
import { patience, reasonToSkip } from "../../packages/lxd-client/tests/support.ts";
import { FirewallSite, PORT, type OutsideHost, type Runner } from "../contract/firewall/site.ts";
import { roomFor } from "../contract/lxd-infrastructure-fixture.ts";

const reason = reasonToSkip();
const describeLxd = reason === undefined ? describe : describe.skip;
/** Settings of the bridge that earlier versions of the charm did not make. */
const LATER = new Set(["ipv4.dhcp.ranges", "dns.mode", "raw.dnsmasq"]);

describeLxd(
  `A runner of an earlier version${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  function () {
    this.timeout(360_000);
    const signal = () => patience(120_000);
    let site: FirewallSite;
    let runner: Runner;
    let outside: OutsideHost;
    let image = "";

    before(async () => {
      site = await FirewallSite.open();
      const { networks } = site.client;
      const { bridge } = site.unit.infrastructure;
      const { value, etag } = await networks.getTagged(bridge, signal());
      const config = Object.fromEntries(Object.entries(value.config).filter(([key]) => !LATER.has(key)));
      await networks.put(bridge, { config, description: value.description }, etag, signal());
      image = await site.image();
      runner = await site.runner("earlier", image, "profile");
      outside = await site.outsideHost("e");
      await site.unit.infrastructure.ensure(roomFor(0), signal());
      await site.firewall.ensure({ denied: [], exceptions: [] }, signal());
    });
    after(() => site.close());

    const reachesOutside = async ({ peer }: Runner) => {
      const probe = { via: "tcp", address: outside.address, port: PORT } as const;
      for (let turn = 0; turn < 5; turn += 1) {
        if ((await peer.probe({ outside: probe }, signal()))["outside"] === "reached") return true;
      }
      return false;
    };

    it("keeps its network and its address when the unit binds runners to ports", async () => {
      expect(runner.port).to.match(/^veth/);
      expect(await reachesOutside(runner)).to.equal(true);
      expect(await site.lease(runner.name)).to.equal(runner.address);
      expect(await reachesOutside(runner)).to.equal(true);
    });

    it("shares its address with none of the new runners", async () => {
      // Enough that one of them would have got it, did nobody look.
      const addresses: string[] = [];
      const refused = new Error("enough");
      const take = async (turn: number): Promise<void> => {
        if (turn === 252) throw refused;
        await site.unit.ports.giving(
          `any-${turn}`,
          async (devices) => {
            addresses.push(devices["eth0"]?.["ipv4.address"] ?? "");
            await take(turn + 1);
          },
          signal(),
        );
      };
      const failure = await take(0).catch((thrown: unknown) => thrown);
      expect(failure).to.have.property("code", "no-free-port");
      expect(addresses).to.have.length(251);
      expect(addresses).to.not.include(runner.address);
    });
  },
);

import { existsSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { runProcess } from "charm-kit";
import { HOST_PATHS } from "../../src/host/host-paths.ts";
import { KernelBridge } from "../../src/host/kernel-bridge.ts";
import { PortAllocator } from "../../src/lxd/port-allocator.ts";
import { patience, reasonToSkip } from "../../packages/lxd-client/tests/support.ts";
import { FirewallSite, machine, PORT, type OutsideHost, type Runner } from "../contract/firewall/site.ts";
import { roomFor } from "../contract/lxd-infrastructure-fixture.ts";

const reason = reasonToSkip();
const describeLxd = reason === undefined ? describe : describe.skip;

describeLxd(
  `A bridge that changed in the kernel${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  function () {
    this.timeout(360_000);
    const signal = () => patience(120_000);
    let site: FirewallSite;
    let runner: Runner;
    let outside: OutsideHost;
    let bridge = "";

    before(async () => {
      site = await FirewallSite.open();
      ({ bridge } = site.unit.infrastructure);
      await site.firewall.ensure({ denied: [], exceptions: [] }, signal());
      runner = await site.runner("repaired", await site.image(), "ports");
      outside = await site.outsideHost("r");
    });
    after(() => site.close());

    const reachesOutside = async () => {
      const probe = { via: "tcp", address: outside.address, port: PORT } as const;
      for (let turn = 0; turn < 5; turn += 1) {
        if ((await runner.peer.probe({ outside: probe }, signal()))["outside"] === "reached") return true;
      }
      return false;
    };
    const repair = async () => {
      const { notices } = await site.unit.infrastructure.ensure(roomFor(0), signal());
      await site.firewall.ensure({ denied: [], exceptions: [] }, signal());
      return notices.filter((notice) => notice.includes("bridge"));
    };
    const dnsmasq = () =>
      machine("pgrep", "--full", `dnsmasq.*interface=${bridge} `).then((text) => text.trim().split("\n"));

    const faults: readonly (readonly [title: string, break_: () => Promise<unknown>, fault: string])[] = [
      ["deleted", () => machine("ip", "link", "delete", bridge), "it is gone"],
      ["set down", () => machine("ip", "link", "set", bridge, "down"), "it is down"],
      ["without an address", () => machine("ip", "address", "flush", "dev", bridge), "it has no address"],
      [
        "without its DHCP server",
        async () => machine("kill", "-KILL", ...(await dnsmasq())),
        "its DNS and DHCP server is gone",
      ],
    ];
    it("gives a port whose interface the failed start of an instance has left, without that interface", async () => {
      const { client, ports } = site.unit;
      let port = "";
      const refused = ports.giving(
        "left",
        (devices) => {
          port = devices["eth0"]?.["host_name"] ?? "";
          return Promise.reject(new Error("not made"));
        },
        signal(),
      );
      await refused.catch(() => undefined);
      await machine(
        "ip",
        "link",
        "add",
        port,
        "type",
        "veth",
        "peer",
        "name",
        `${port}p`.replace("ghp", "x"),
      );
      expect(existsSync(`/sys/class/net/${port}`)).to.equal(true);
      const { baseProfile: profile } = site.unit.infrastructure;
      const kernel = new KernelBridge(HOST_PATHS, runProcess);
      const afterwards = new PortAllocator({ client, bridge, profile, kernel });
      const given = await afterwards.giving(
        "left",
        (devices) => Promise.resolve(devices["eth0"]?.["host_name"]),
        signal(),
      );
      expect(given).to.equal(port);
      expect(existsSync(`/sys/class/net/${port}`)).to.equal(false);
      expect(existsSync(`/sys/class/net/${runner.port}`)).to.equal(true);
    });

    for (const [title, breakIt, fault] of faults) {
      it(`is restored when it was ${title}, with its running runners, and the unit says so`, async () => {
        expect(await reachesOutside()).to.equal(true);
        await breakIt();
        expect(await repair()).to.deep.equal([`restored the runners' bridge ${bridge}, since ${fault}`]);
        expect(await repair()).to.deep.equal([]);
        expect(await site.lease(runner.name)).to.equal(runner.address);
        expect(await reachesOutside()).to.equal(true);
        expect(await site.packetFilter.hasRulesOf(bridge, signal())).to.equal(true);
        const flag = (path: string) => readFileSync(`/sys/class/net/${path}`, "utf8").trim();
        expect(flag(`${runner.port}/brport/isolated`)).to.equal("1");
        expect(flag(`${bridge}/bridge/no_linklocal_learn`)).to.equal("1");
        expect(await dnsmasq()).to.have.length(1);
      });

      it(`is restored by the check of update-status when it was ${title}`, async () => {
        await breakIt();
        await site.unit.infrastructure.check(signal());
        expect(await site.lease(runner.name)).to.equal(runner.address);
        expect(await reachesOutside()).to.equal(true);
      });
    }
  },
);

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { patience, reasonToSkip } from "../../../packages/lxd-client/tests/support.ts";
import { CONNECTIONS_PER_RUNNER } from "../../../src/host/kernel-limits.ts";
import { FirewallSite, machine, PORT, type OutsideHost, type Runner } from "../../contract/firewall/site.ts";
import { until } from "../../support/rig/until.ts";

const reason = reasonToSkip();
const describeLxd = reason === undefined ? describe : describe.skip;
const program = (name: string) => join(import.meta.dirname, name);

describeLxd(
  `The bridge, to a hostile job${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  function () {
    this.timeout(360_000);
    const signal = () => patience(120_000);
    let site: FirewallSite;
    let attacker: Runner;
    let victim: Runner;
    let outside: OutsideHost;
    let image = "";
    let gateway = "";

    before(async () => {
      site = await FirewallSite.open();
      image = await site.image();
      await site.firewall.ensure({ denied: [], exceptions: [] }, signal());
      attacker = await site.runner("attacker", image, "ports");
      victim = await site.runner("victim", image, "ports");
      outside = await site.outsideHost("o");
      gateway = await site.gateway();
    });
    after(() => site.close());

    const attack = async <T>(name: string, ...words: readonly string[]): Promise<T> =>
      JSON.parse((await attacker.peer.run(["perl", program(name), ...words], signal())).stdout) as T;
    const dhcp = (mode: string, ...words: readonly string[]) =>
      attack<{ sent: number; got: string[] }>("dhcp.pl", "eth0", attacker.mac, "2", mode, ...words);
    /** Asks once more on a busy machine. */
    const reachesOutside = async (from: Runner): Promise<boolean> => {
      const probe = { via: "tcp", address: outside.address, port: PORT } as const;
      for (let turn = 0; turn < 3; turn += 1) {
        if ((await from.peer.probe({ outside: probe }, signal()))["outside"] === "reached") return true;
      }
      return false;
    };

    it("gives each runner the port, the MAC and the IPv4 address that the unit has chosen", async () => {
      for (const { name, address, mac, port } of [attacker, victim]) {
        const { devices } = await site.client.instances.get(name, signal());
        expect(devices["eth0"]).to.include({ host_name: port, hwaddr: mac, "ipv4.address": address });
      }
      expect(attacker.address).to.not.equal(victim.address);
    });

    it("gives a runner nothing that is sent to its victim, whatever source its frames have", async () => {
      const gatewayMAC = readFileSync(
        `/sys/class/net/${site.unit.infrastructure.bridge}/address`,
        "utf8",
      ).trim();
      const words = [victim.mac, attacker.mac, gatewayMAC, victim.address, gateway, "6"];
      const flood = attack<{ sent: number; stolen: number }>("flood.pl", "eth0", ...words);
      // Datagrams, since TCP would hide a loss.
      const { stdout } = await victim.peer.run(
        [
          process.execPath,
          "-e",
          `const socket = require("node:dgram").createSocket("udp4");
        let sent = 0, answered = 0;
        const end = () => { console.log(answered); process.exit(); };
        socket.on("message", () => { if (++answered === 60) end(); });
        const timer = setInterval(() => {
          socket.send("request", ${PORT}, "${outside.address}");
          if (++sent === 60) { clearInterval(timer); setTimeout(end, 5000); }
        }, 80);`,
        ],
        signal(),
      );
      const { sent, stolen } = await flood;
      expect(sent).to.be.above(6000);
      expect(Number(stdout)).to.equal(60);
      expect(stolen).to.equal(0);
    });

    it("floods no frame to a victim for which the bridge has forgotten the port", async () => {
      const { bridge } = site.unit.infrastructure;
      const words = [victim.mac, attacker.mac, attacker.mac, attacker.address, gateway, "3"];
      const listening = attack<{ stolen: number }>("flood.pl", "eth0", ...words);
      for (let turn = 0; turn < 20; turn += 1) {
        await machine("bridge", "fdb", "del", victim.mac, "dev", victim.port, "master").catch(() => "");
        await machine("perl", program("frame.pl"), bridge, victim.mac);
      }
      expect((await listening).stolen).to.equal(0);
    });

    it("answers no DHCP request of a stranger, and gives a runner one address whoever it claims to be", async () => {
      const strangers = await dhcp("strangers");
      expect(strangers.sent).to.be.above(300);
      expect(strangers.got).to.deep.equal([]);
      const clients = await dhcp("clients");
      expect(clients.got.filter((address) => address !== attacker.address)).to.deep.equal([]);
    });

    it("starts new runners with their addresses after that", async () => {
      await dhcp("strangers");
      await dhcp("clients");
      const late = await site.runner("late", image, "ports");
      expect(await reachesOutside(late)).to.equal(true);
    });

    it("keeps a victim's address for it, though a runner refuses the address in its name", async () => {
      await dhcp("declines", victim.mac, victim.address, gateway);
      expect(await site.lease(victim.name)).to.equal(victim.address);
      expect(await reachesOutside(victim)).to.equal(true);
    });

    it("still gives the runner that did all this its own address", async () => {
      expect(await site.lease(attacker.name)).to.equal(attacker.address);
    });

    it("tracks no more connections of a runner than its share, and those of others still", async () => {
      const count = () => Number(readFileSync("/proc/sys/net/netfilter/nf_conntrack_count", "utf8"));
      const { bridge } = site.unit.infrastructure;
      const gatewayMAC = readFileSync(`/sys/class/net/${bridge}/address`, "utf8").trim();
      const before = count();
      const words = ["eth0", attacker.mac, gatewayMAC, attacker.address];
      const flood = [...words, outside.address, "9", "40000"];
      const { sent } = await attack<{ sent: number }>("connections.pl", ...flood);
      expect(sent).to.equal(40_000);
      // Others use the machine at the same time.
      expect(count() - before)
        .to.be.above(CONNECTIONS_PER_RUNNER / 2)
        .and.below(CONNECTIONS_PER_RUNNER + 2000);
      expect(await reachesOutside(victim)).to.equal(true);
    });

    it("lets a runner ask the DNS server no more than its share, and others still ask", async () => {
      const count = () => Number(readFileSync("/proc/sys/net/netfilter/nf_conntrack_count", "utf8"));
      const { bridge } = site.unit.infrastructure;
      const gatewayMAC = readFileSync(`/sys/class/net/${bridge}/address`, "utf8").trim();
      const asker = await site.runner("asker", image, "ports");
      const before = count();
      const words = ["eth0", asker.mac, gatewayMAC, asker.address, gateway, "53", "4000"];
      const command = ["perl", program("connections.pl"), ...words];
      expect(JSON.parse((await asker.peer.run(command, signal())).stdout)).to.deep.equal({ sent: 4000 });
      // Others use the machine at the same time, and connections of other tests end.
      expect(count() - before).to.be.below(2000);
      const dns = { via: "dns", address: gateway, port: 53 } as const;
      const ask = async ({ peer }: Runner) => (await peer.probe({ dns }, signal()))["dns"];
      await until("an answer to the victim", async () => (await ask(victim)) === "reached", signal());
      expect(await ask(asker)).to.equal("refused");
    });

    describe("of whose DNS server a runner asks", () => {
      const ask = (script: string) =>
        attacker.peer.run([process.execPath, "-e", `const gateway = "${gateway}";${script}`], signal());

      it("names nobody, forward or backward", async () => {
        const names = JSON.stringify([victim.name, `${victim.name}.lxd`, "_gateway.lxd"]);
        const addresses = JSON.stringify([victim.address, attacker.address, gateway]);
        const { stdout } = await ask(`
        const resolver = new (require("node:dns").promises.Resolver)({ timeout: 2000, tries: 1 });
        resolver.setServers([gateway]);
        const all = [...${names}.map((name) => resolver.resolve4(name)),
          ...${addresses}.map((address) => resolver.reverse(address))];
        Promise.allSettled(all).then((found) =>
          console.log(JSON.stringify(found.flatMap(({ value }) => value ?? []))));`);
        expect(JSON.parse(stdout)).to.deep.equal([]);
      });

      it("does not tell what program it is", async () => {
        const { stdout } = await ask(`
        const socket = require("node:dgram").createSocket("udp4");
        const name = Buffer.from("\\x07version\\x04bind\\0", "latin1");
        const head = Buffer.from("123401000001000000000000", "hex");
        socket.on("message", (answer) => { console.log(answer.toString("latin1")); socket.close(); });
        socket.send(Buffer.concat([head, name, Buffer.from("00100003", "hex")]), 53, gateway);
        setTimeout(() => process.exit(), 3000).unref();`);
        expect(stdout).to.not.include("dnsmasq");
      });
    });
  },
);

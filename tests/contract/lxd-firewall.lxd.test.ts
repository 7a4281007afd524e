import { writeFileSync } from "node:fs";
import { expect } from "chai";
import { runProcess } from "charm-kit";
import { NftPacketFilter } from "../../src/host/packet-filter.ts";
import { LxdFirewall } from "../../src/lxd/lxd-firewall.ts";
import type { FirewallRules } from "../../src/unit/ports.ts";
import { patience, reasonToSkip } from "../../packages/lxd-client/tests/support.ts";
import { address, networks } from "../network/written.ts";
import { NetworkPeer, type Findings, type Probes } from "./firewall/network-peer.ts";
import type { Finding, Probe } from "./firewall/probe.ts";
import {
  FirewallSite,
  hostAddresses,
  machine,
  OTHER_PORT,
  PORT,
  type OutsideHost,
  type Runner,
} from "./firewall/site.ts";

const reason = reasonToSkip();
const describeLxd = reason === undefined ? describe : describe.skip;

/** Set aside for tests of network devices; which part is this process's own. */
const own = (process.pid * 4) % 250;
const NETWORKS = { internet: `198.19.${own}`, denied: `198.19.${own + 1}`, debug: `198.19.${own + 2}` };
const LATER = `198.19.${own + 3}.1`;
/** Link-local, as the addresses are at which clouds tell instances about themselves. */
const METADATA = "169.254.171.7";
const PUBLISHED_PORT = 18_081;
/** First groups of IPv6 networks. */
const ULA = `fd99:${own.toString(16)}`;

const tcp = (to: string, port = PORT): Probe => ({ via: "tcp", address: to, port });
const udp = (to: string, port = PORT): Probe => ({ via: "udp", address: to, port });
const ping = (to: string): Probe => ({ via: "ping", address: to, port: 0 });
const dns = (to: string): Probe => ({ via: "dns", address: to, port: 53 });

/** TCP, UDP and ping of one address. */
const allOf = (title: string, to: string): Probes => ({
  [`${title} by TCP`]: tcp(to),
  [`${title} by UDP`]: udp(to),
  [`${title} by ping`]: ping(to),
});
const eachIs = (probes: Probes, finding: Finding): Findings =>
  Object.fromEntries(Object.keys(probes).map((title) => [title, finding]));

async function expectRefused(from: NetworkPeer, ...probes: readonly Probes[]): Promise<void> {
  const all = Object.assign({}, ...probes) as Probes;
  expect(await from.probe(all, patience())).to.deep.equal(eachIs(all, "refused"));
}

/** Asks what gave no answer once more: a busy machine may take its time. */
async function expectReached(from: NetworkPeer, ...probes: readonly Probes[]): Promise<void> {
  const all = Object.assign({}, ...probes) as Probes;
  let left = all;
  for (let tries = 0; tries < 4 && Object.keys(left).length > 0; tries += 1) {
    const findings = await from.probe(left, patience());
    left = Object.fromEntries(Object.entries(left).filter(([title]) => findings[title] === "refused"));
  }
  expect(Object.keys(left), "what has to be reached").to.deep.equal([]);
}

describeLxd(`LxdFirewall${reason === undefined ? "" : ` (skipped: ${reason})`}`, function () {
  this.timeout(180_000);
  let site: FirewallSite;
  let runner: Runner;
  let sibling: Runner;
  let stranger: Runner;
  let internet: OutsideHost;
  let denied: OutsideHost;
  let debug: OutsideHost;
  let image = "";
  let gateway = "";
  const linkLocal = "fe80::77";
  let hosts: readonly string[] = [];

  const denylist = () => networks(`${NETWORKS.denied}.0/24`, `${NETWORKS.debug}.0/24`);
  const ensure = (rules: Partial<FirewallRules> = {}) =>
    site.firewall.ensure({ denied: denylist(), exceptions: [], ...rules }, patience());
  const refuses = (...probes: readonly Probes[]) => expectRefused(runner.peer, ...probes);
  const reaches = (...probes: readonly Probes[]) => expectReached(runner.peer, ...probes);

  const toTheMachine = (): Probes => Object.assign({}, ...hosts.map((host) => allOf(host, host))) as Probes;
  const toPublishedPorts = (): Probes => ({ "a published port": tcp(gateway, PUBLISHED_PORT) });
  const toItsLaterAddress = (): Probes => ({
    ...allOf("an address that came later", LATER),
    "DNS at an address of the machine": tcp(LATER, 53),
    "DNS at an address of the machine by UDP": udp(LATER, 53),
  });
  const toMetadata = (): Probes => allOf("a link-local address", METADATA);
  const toStrangers = (): Probes => allOf("another unit's runner", stranger.address);
  const toSiblings = (): Probes => allOf("a runner of the unit", sibling.address);
  const toDenied = (): Probes => ({
    ...allOf("a denied network", denied.address),
    ...allOf("another denied network", debug.address),
  });
  const toIPv6 = (): Probes => ({
    ...allOf("the bridge by IPv6", `${ULA}::1`),
    ...allOf("the bridge by its link-local address", `${linkLocal}%eth0`),
    ...allOf("another address of the machine by IPv6", `${ULA}:1::1`),
  });
  const toTheWorld = (): Probes => ({
    ...allOf("the Internet", internet.address),
    "another port of the Internet": tcp(internet.address, OTHER_PORT),
    "DNS of the bridge": dns(gateway),
  });

  before(async () => {
    site = await FirewallSite.open();
    image = await site.image();
    [runner, sibling, stranger] = await Promise.all([
      site.runner("a", image),
      site.runner("b", image),
      site.runner("c", image, "other"),
    ]);
    internet = await site.outsideHost("i", NETWORKS.internet);
    denied = await site.outsideHost("d", NETWORKS.denied);
    debug = await site.outsideHost("s", NETWORKS.debug);
    gateway = await site.gateway();
    hosts = hostAddresses();
    await site.answerAt(hosts);
    await answerMetadata();
    await publishAPort();
    await speakIPv6();
    await site.addInterface();
    await site.giveAddress(LATER);
    await site.answerAt([LATER], [PORT, 53]);
  });
  after(() => site.close());

  /** An address of the Internet's end, as a cloud's router would have it. */
  async function answerMetadata(): Promise<void> {
    const { namespace, peer } = internet;
    await peer.run(["ip", "address", "add", `${METADATA}/32`, "dev", `${namespace.name}-n`], patience());
    await machine("ip", "route", "add", `${METADATA}/32`, "dev", `${namespace.name}-h`);
    await peer.answer({ addresses: [METADATA], ports: [PORT] }, patience());
  }

  /** As Docker does it: the port at the machine's address leads to somebody else. */
  async function publishAPort(): Promise<void> {
    const table = `fw_${process.pid}`;
    await machine(
      "nft",
      `table ip ${table} {
        chain published {
          type nat hook prerouting priority dstnat
          ip daddr ${gateway} tcp dport ${PUBLISHED_PORT} dnat to ${internet.address}:${PORT}
        }
      }`,
    );
    site.finally(() => machine("nft", "delete", "table", "ip", table));
  }

  /** Neither runners nor their bridge have IPv6 from the start: here both have, as somebody may set it up. */
  async function speakIPv6(): Promise<void> {
    const { bridge } = site.unit.infrastructure;
    const outside = `${internet.namespace.name}-h`;
    writeFileSync(`/proc/sys/net/ipv6/conf/${bridge}/disable_ipv6`, "0");
    await machine("ip", "-6", "address", "add", `${ULA}::1/64`, "dev", bridge, "nodad");
    await machine("ip", "-6", "address", "add", `${linkLocal}/64`, "dev", bridge, "nodad");
    await machine("ip", "-6", "address", "add", `${ULA}:1::1/64`, "dev", outside, "nodad");
    for (const words of [`address add ${ULA}::2/64 dev eth0 nodad`, `route add default via ${ULA}::1`]) {
      await runner.peer.run(["ip", "-6", ...words.split(" ")], patience());
    }
    await site.answerAt([`${ULA}::1`, `${linkLocal}%${bridge}`, `${ULA}:1::1`]);
  }

  /** Whether the bridge keeps its ports apart. */
  function isolate(isOn: boolean): void {
    for (const { port } of [runner, sibling]) {
      writeFileSync(`/sys/class/net/${port}/brport/isolated`, isOn ? "1" : "0");
    }
  }

  it("is what refuses: without it, runners reach all of that, and are reached", async () => {
    await reaches(toTheMachine(), toPublishedPorts(), toItsLaterAddress(), toMetadata());
    await reaches(toStrangers(), toDenied(), toTheWorld(), toIPv6());
    for (const { peer } of [stranger, internet, denied]) {
      await expectReached(peer, allOf("the runner", runner.address));
    }
  });

  it("leaves it to the bridge's ports to keep runners of a unit apart, and they do", async () => {
    await refuses(toSiblings());
    isolate(false);
    await reaches(toSiblings());
    isolate(true);
    await refuses(toSiblings());
  });

  describe("that stands", () => {
    before(async () => {
      await site.takeAddress(LATER);
      await ensure();
    });

    const refused: readonly (readonly [what: string, probes: () => Probes])[] = [
      ["the machine at any of its addresses", toTheMachine],
      ["ports that the machine publishes for others", toPublishedPorts],
      ["link-local addresses", toMetadata],
      ["runners of other units", toStrangers],
      ["runners of the unit", toSiblings],
      ["denied networks", toDenied],
      ["the machine by IPv6, even where the bridge speaks it", toIPv6],
    ];
    for (const [what, probes] of refused) {
      it(`lets no runner reach ${what}`, () => refuses(probes()));
    }

    it("lets runners reach the rest of the world, and DNS of the bridge", () => reaches(toTheWorld()));

    it("lets a new runner get its address by DHCP", async () => {
      const { peer } = await site.runner("d", image);
      await expectReached(peer, toTheWorld());
    });

    it("lets nobody reach a runner: not the world, not the machine, not another unit's runner", async () => {
      for (const peer of [internet.peer, denied.peer, stranger.peer, new NetworkPeer([])]) {
        await expectRefused(peer, allOf("the runner", runner.address));
      }
    });

    it("lets no runner reach addresses that the machine has got since, nor a DNS server there", async () => {
      await site.giveAddress(LATER);
      await refuses(toItsLaterAddress());
    });

    it("knows the machine's addresses twice: as the kernel has them, and in the ACL", async () => {
      const later = { later: tcp(LATER) };
      await site.packetFilter.openHost(patience());
      await refuses(toTheMachine());
      await reaches(later);
      await ensure();
      await refuses(later);
      await site.packetFilter.openHost(patience());
      await refuses(later);
      await ensure();
    });

    it("opens one port of one host in a denied network", async () => {
      await ensure({ exceptions: [{ address: address(debug.address), port: OTHER_PORT }] });
      const open = { "the excepted port": tcp(debug.address, OTHER_PORT) };
      await reaches(open, toTheWorld());
      await refuses(allOf("the rest of the host", debug.address), {
        "the excepted port by UDP": udp(debug.address, OTHER_PORT),
        "the same port of another host": tcp(denied.address, OTHER_PORT),
      });
      await ensure();
      await refuses(open);
    });

    it("changes while runners live", async () => {
      await ensure({ denied: [] });
      await reaches(toDenied());
      await refuses(toTheMachine());
      await ensure({ denied: networks("0.0.0.0/0") });
      await refuses(allOf("the Internet", internet.address));
      await ensure();
      await reaches(toTheWorld());
      await refuses(toDenied());
    });

    it("is restored where its rules went out of the kernel, whatever has to change besides", async () => {
      const { bridge } = site.unit.infrastructure;
      for (const chain of ["aclin", "aclout", "aclfwd", "acl"]) {
        await machine("nft", "delete", "chain", "inet", "lxd", `${chain}.${bridge}`);
      }
      await reaches(toDenied());
      await ensure({ denied: networks(`${NETWORKS.denied}.0/24`) });
      await refuses(allOf("what is denied still", denied.address));
      await reaches(allOf("what is denied no more", debug.address));
      await ensure();
      await refuses(toDenied());
    });

    it("writes nothing to LXD where nothing is to do", async () => {
      // Whatever LXD writes there gets new handles.
      const ruleset = () =>
        machine("nft", "-a", "list", "chain", "inet", "lxd", `acl.${site.unit.infrastructure.bridge}`);
      // Tests beside this one change the machine's addresses, which are among the rules.
      const addresses = () => hostAddresses().join();
      const ensureAgain = async () => {
        const there = addresses();
        await ensure();
        const rules = await ruleset();
        await ensure();
        return { before: rules, after: await ruleset(), isSame: addresses() === there };
      };
      let again = await ensureAgain();
      while (!again.isSame) again = await ensureAgain();
      expect(again.after).to.equal(again.before);
      const { before } = again;
      await ensure({ denied: [] });
      expect(await ruleset()).not.to.equal(before);
      await ensure();
    });

    it("carries the unit in its name and its description", async () => {
      const { slug, owner } = site.unit;
      const { name, description } = await site.client.networkACLs.get(slug, patience());
      expect(name).to.equal(slug);
      expect(description).to.equal(`GitHub runners of unit ${owner.unitName}`);
    });
  });

  it("of a unit of the same name of another deployment is refused, and stays when the unit goes", async () => {
    const { client, unit } = site;
    await ensure();
    const { owner, slug } = unit;
    const others = new LxdFirewall({
      client,
      owner: { ...owner, deployment: "1c2d3e4f-0000-4fd2-967d-db9663db7bea" },
      name: slug,
      bridge: site.otherBridge,
      closedNetworks: () => Promise.resolve([]),
      packetFilter: new NftPacketFilter({ slug: `${slug}-other`, run: runProcess }),
    });
    const refused = await others
      .ensure({ denied: [], exceptions: [] }, patience())
      .catch((thrown: unknown) => thrown);
    expect(refused).to.have.property("code", "foreign-object");
    expect(await others.remove(patience())).to.deep.equal([`network ACL '${slug}'`]);
    expect((await client.networkACLs.get(slug, patience())).used_by).to.have.length(1);
  });

  it("of an earlier version, without its owner, is removed only where no other bridge uses it", async () => {
    const { client, unit } = site;
    const { slug } = unit;
    await ensure();
    const { value, etag } = await client.networkACLs.getTagged(slug, patience());
    await client.networkACLs.put(slug, { ...value, config: {} }, etag, patience());
    const bridge = await client.networks.getTagged(site.otherBridge, patience());
    const { config, description } = bridge.value;
    const guarded = { ...config, "security.acls": slug };
    await client.networks.put(site.otherBridge, { config: guarded, description }, bridge.etag, patience());
    expect(await site.firewall.remove(patience())).to.deep.equal([`network ACL '${slug}'`]);
    const { etag: now } = await client.networks.getTagged(site.otherBridge, patience());
    await client.networks.put(site.otherBridge, { config, description }, now, patience());
    expect(await site.firewall.remove(patience())).to.deep.equal([]);
  });

  it("that is removed leaves nothing on LXD and in the kernel, and may be removed again", async () => {
    const { slug, infrastructure } = site.unit;
    await ensure();
    await site.firewall.remove(patience());
    await site.firewall.remove(patience());
    const acls = await site.client.networkACLs.list(patience());
    expect(acls.map(({ name }) => name)).not.to.include(slug);
    const { config } = await site.client.networks.get(infrastructure.bridge, patience());
    expect(Object.keys(config).filter((key) => key.startsWith("security."))).to.deep.equal([]);
    const rules = await machine("nft", "list", "ruleset");
    expect(rules).not.to.include(site.packetFilter.table);
    expect(rules).not.to.match(new RegExp(`acl\\w*\\.${infrastructure.bridge}`));
    await reaches(toDenied());
  });

  it("opens one port of the machine's address on the bridge, even in a denied network, and closes it again", async () => {
    await site.answerAt([gateway], [OTHER_PORT]);
    const open = { "the open port": tcp(gateway) };
    const others: Probes = {
      "another port": tcp(gateway, OTHER_PORT),
      "the open port by UDP": udp(gateway),
      "the gateway by ping": ping(gateway),
      ...Object.fromEntries(
        hosts.filter((host) => host !== gateway).map((host) => [`the port at ${host}`, tcp(host)]),
      ),
    };
    await ensure({ denied: [...denylist(), ...networks(`${gateway}/32`)], machinePort: PORT });
    await reaches(open, toTheWorld());
    await refuses(others, toSiblings(), toStrangers());
    await ensure();
    await refuses(open, others);
    await reaches(toTheWorld());
  });
});

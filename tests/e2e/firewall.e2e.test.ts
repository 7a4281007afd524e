import { execFileSync } from "node:child_process";
import { expect } from "chai";
import { absentAsUndefined } from "../../src/lxd/absent.ts";
import { NetworkPeer } from "../contract/firewall/network-peer.ts";
import type { Probe } from "../contract/firewall/probe.ts";
import { hostAddresses, PORT, OTHER_PORT } from "../contract/firewall/site.ts";
import { NetworkNamespace } from "../support/github/network-namespace.ts";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { Rig } from "../support/rig/rig.ts";
import { until } from "../support/rig/until.ts";

const tcp = (address: string): Probe => ({ via: "tcp", address, port: PORT });

endToEnd("the firewall of a unit", () => {
  const peers: NetworkPeer[] = [];
  const outsideHosts: NetworkNamespace[] = [];
  let rig: Rig;
  let internet: string;
  let internal: string;

  before(async () => {
    rig = await Rig.start({ application: "e2efire" }, patience());
    internet = await outsideHost("e2efire-i");
    internal = await outsideHost("e2efire-d");
    await rig.deploy({ "virtual-machines": "2" }, patience(120_000));
  });

  after(async () => {
    for (const peer of peers) peer.close();
    for (const namespace of outsideHosts) await namespace.remove(patience());
    await rig.close(patience(120_000));
  });

  /** Somebody beside the machine who answers. @returns the address */
  const outsideHost = async (name: string) => {
    const namespace = await NetworkNamespace.create({ name }, patience());
    outsideHosts.push(namespace);
    const peer = new NetworkPeer(["ip", "netns", "exec", namespace.name]);
    peers.push(peer);
    await peer.answer({ addresses: [namespace.address], ports: [PORT, OTHER_PORT] }, patience());
    return namespace.address;
  };

  /** What a runner reaches, as seen from inside of it. */
  const reachable = async (runner: string) => {
    const { pid } = await rig.lxd.client.instances.state(runner, patience());
    const peer = new NetworkPeer(["nsenter", "-t", String(pid), "-n"]);
    return peer.probe({ internet: tcp(internet), internal: tcp(internal) }, patience());
  };

  /** Waits for it: an answer may be late where the machine is busy. */
  const expectReachable = async (expected: Awaited<ReturnType<typeof reachable>>) => {
    for (const runner of await rig.machines(patience())) {
      const isSo = async () => JSON.stringify(await reachable(runner)) === JSON.stringify(expected);
      await until(`${runner} to find ${JSON.stringify(expected)}`, isSo, patience(20_000));
    }
  };

  /** Without what the sets hold, which changes with the connections of runners. */
  const rules = () => {
    const listed = ["inet", "bridge"].map((family) => {
      try {
        const words = ["--terse", "list", "table", family, `github-runner.${rig.slug}`];
        return execFileSync("nft", words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
      } catch {
        return "";
      }
    });
    return listed.join("");
  };

  it("lets runners out, and to no address of their machine", async () => {
    await expectReachable({ internet: "reached", internal: "reached" });
    const [runner = ""] = await rig.machines(patience());
    const { pid } = await rig.lxd.client.instances.state(runner, patience());
    const peer = new NetworkPeer(["nsenter", "-t", String(pid), "-n"]);
    const listening = hostAddresses();
    expect(listening).not.to.be.empty;
    const machine = new NetworkPeer(["env"]);
    peers.push(machine);
    await machine.answer({ addresses: listening, ports: [PORT] }, patience());
    const probes = Object.fromEntries(listening.map((address) => [address, tcp(address)]));
    const answers = async () =>
      Object.values(await new NetworkPeer(["env"]).probe(probes, patience())).every(
        (finding) => finding === "reached",
      );
    await until("an answer of each address", answers, patience());
    expect(await peer.probe(probes, patience())).to.deep.equal(
      Object.fromEntries(listening.map((address) => [address, "refused"])),
    );
  });

  it("denies a network to idle and busy runners at once, and replaces none for it", async () => {
    const job = await rig.occupy(patience());
    const before = await rig.machines(patience());
    await rig.configure({ denylist: `${internal}/32` }, patience());
    await expectReachable({ internet: "reached", internal: "refused" });
    expect(await rig.machines(patience())).to.deep.equal(before);

    await rig.configure({ denylist: "" }, patience());
    await expectReachable({ internet: "reached", internal: "reached" });
    await rig.configure({ denylist: `192.0.2.0/32, ${internal}/32` }, patience());
    await rig.release(job, patience());
    expect(await rig.ended(job.id, patience())).to.include({ conclusion: "success", assignments: 1 });
    await rig.gone(job.runnerName ?? "", patience());
    await rig.reconcile(patience());
    expect(await rig.machines(patience()), "a fresh one as well").to.have.length(2);
    await expectReachable({ internet: "reached", internal: "refused" });
  });

  it("is an access control list of LXD as well, so that two have to fail before a runner reaches more", async () => {
    const acl = await rig.lxd.client.networkACLs.get(rig.slug, patience());
    expect(JSON.stringify(acl)).to.include(`${internal}/32`);
  });

  it("is made again by update-status when somebody has taken it away, without GitHub", async () => {
    const whole = rules();
    expect(whole).to.include("chain");
    for (const family of ["inet", "bridge"]) {
      execFileSync("nft", ["delete", "table", family, `github-runner.${rig.slug}`]);
    }
    const requests = await rig.github.call("requests", null, patience());
    await rig.agent.fireHook(rig.unit, "update-status", patience());
    expect(rules()).to.equal(whole);
    expect(await rig.github.call("requests", null, patience())).to.have.length(requests.length);
    await expectReachable({ internet: "reached", internal: "refused" });
  });

  it("goes with the unit", async () => {
    await rig.agent.remove(rig.application, false, patience(120_000));
    expect(rules()).to.equal("");
    const acl = await absentAsUndefined(rig.lxd.client.networkACLs.get(rig.slug, patience()));
    expect(acl).to.equal(undefined);
  });
});

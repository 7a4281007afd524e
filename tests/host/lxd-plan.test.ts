import { expect } from "chai";
import { renderCommand } from "charm-kit";
import { hasIdRange, planLxd, socketOf, withIdRange, type LxdFacts } from "../../src/host/lxd-plan.ts";

const DEBIAN: LxdFacts = {
  os: "debian",
  root: true,
  snap: false,
  apt: true,
  systemd: true,
  installed: "none",
  idRange: false,
};
const UBUNTU: LxdFacts = { ...DEBIAN, os: "ubuntu", snap: true, idRange: true };

function rendered(facts: LxdFacts): readonly string[] {
  const plan = planLxd(facts);
  return plan.possible
    ? [plan.told, ...plan.commands.map(({ words }) => renderCommand(words))]
    : [plan.reason];
}

describe("LXD that does not answer", () => {
  it("is installed as a snap of the LTS channel on Ubuntu", () => {
    expect(rendered(UBUNTU)).to.deep.equal([
      "Installing LXD (snap, 5.21/stable)",
      "snap install lxd --channel=5.21/stable",
      "/snap/bin/lxd waitready --timeout=120",
      "env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l apt-get install --yes --quiet --no-install-recommends -o DPkg::Lock::Timeout=300 --no-upgrade btrfs-progs nftables",
    ]);
    expect(socketOf(UBUNTU)).to.equal("/var/snap/lxd/common/lxd/unix.socket");
  });

  it("is started and never moved to another channel where the snap is there", () => {
    expect(rendered({ ...UBUNTU, installed: "snap" })).to.deep.equal([
      "Starting LXD",
      "snap start lxd",
      "/snap/bin/lxd waitready --timeout=120",
    ]);
  });

  it("is installed from the distribution elsewhere, with what it needs for containers", () => {
    expect(rendered(DEBIAN)).to.deep.equal([
      "Installing LXD (Debian's package)",
      "env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l apt-get update --yes --quiet --no-install-recommends -o DPkg::Lock::Timeout=300",
      "env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l apt-get install --yes --quiet --no-install-recommends -o DPkg::Lock::Timeout=300 --no-upgrade lxd lxd-client " +
        "lxcfs dnsmasq-base nftables iproute2 btrfs-progs uidmap zstd",
      "systemctl start lxcfs.service lxd.socket lxd.service",
      "lxd waitready --timeout=120",
    ]);
    expect(socketOf(DEBIAN)).to.equal("/var/lib/lxd/unix.socket");
  });

  it("is started and not upgraded where Debian's package is there", () => {
    expect(rendered({ ...DEBIAN, installed: "package" })).to.deep.equal([
      "Starting LXD",
      "systemctl start lxcfs.service lxd.socket lxd.service",
      "lxd waitready --timeout=120",
    ]);
  });

  it("is left to be Incus where that is there", () => {
    expect(rendered({ ...DEBIAN, installed: "incus" })).to.deep.equal([
      "Starting Incus",
      "systemctl start incus.socket incus.service",
    ]);
    expect(socketOf({ ...DEBIAN, installed: "incus" })).to.equal("/var/lib/incus/unix.socket");
  });

  it("is a person's matter where the unit can do nothing", () => {
    const cases: readonly (readonly [Partial<LxdFacts>, RegExp])[] = [
      [{ root: false }, /not run as root/],
      [{ systemd: false }, /no systemd/],
      [{ systemd: false, installed: "package" }, /installed, and without systemd/],
      [{ os: "ubuntu" }, /Ubuntu has LXD as a snap only/],
      [{ os: "alpine", apt: false }, /no apt-get on alpine/],
    ];
    for (const [change, reason] of cases) {
      expect(planLxd({ ...DEBIAN, ...change })).to.include({ possible: false });
      expect(rendered({ ...DEBIAN, ...change }).join()).to.match(reason);
    }
  });

  it("is given a range of users for containers only where root has none", () => {
    expect(planLxd(DEBIAN)).to.include({ addIdRange: true });
    expect(planLxd({ ...DEBIAN, idRange: true })).to.include({ addIdRange: false });
    expect(planLxd(UBUNTU)).to.include({ addIdRange: false });
  });
});

describe("withIdRange()", () => {
  it("adds a range for root above all that are given", () => {
    expect(withIdRange("")).to.equal("root:100000:10000001\n");
    expect(withIdRange("juju:100000:65536\nubuntu:165536:65536")).to.equal(
      "juju:100000:65536\nubuntu:165536:65536\nroot:231072:10000001\n",
    );
  });

  it("makes a text that has one", () => {
    expect(hasIdRange("")).to.equal(false);
    expect(hasIdRange("root:1000000:100\n")).to.equal(false);
    expect(hasIdRange("juju:100000:65536\n")).to.equal(false);
    expect(hasIdRange(withIdRange("juju:100000:65536\n"))).to.equal(true);
  });
});

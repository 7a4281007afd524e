import { expect } from "chai";
import {
  choosePool,
  sizeInMemory,
  sizeOnDisk,
  sizeOnMount,
  type PoolFacts,
} from "../../src/host/pool-choice.ts";
import { renderStorageUnit } from "../../src/host/storage-unit.ts";

const ALL: PoolFacts = {
  mount: true,
  btrfs: false,
  drivers: ["dir", "btrfs", "zfs", "lvm"],
  programs: ["mkfs.btrfs", "zpool"],
  loop: true,
};
const GIB = 2 ** 30;

describe("choosePool()", () => {
  const cases: readonly (readonly [string, Partial<PoolFacts>, string, string])[] = [
    ["takes a mount that is btrfs as it is", { btrfs: true }, "subvolume", "btrfs"],
    ["makes a ZFS pool where tools and LXD have ZFS", {}, "zpool", "zfs"],
    ["makes btrfs in a loop file without tools for ZFS", { programs: ["mkfs.btrfs"] }, "loop", "btrfs"],
    ["makes btrfs in a loop file where LXD has no ZFS", { drivers: ["dir", "btrfs"] }, "loop", "btrfs"],
    [
      "copies whole where the kernel has no loop devices",
      { loop: false, programs: ["mkfs.btrfs"] },
      "directory",
      "dir",
    ],
    ["copies whole where LXD has nothing better", { drivers: ["dir"], btrfs: true }, "directory", "dir"],
    ["leaves the backing storage to LXD where the unit has no mount", { mount: false }, "lxd", "zfs"],
    [
      "leaves the backing storage to LXD, with btrfs",
      { mount: false, drivers: ["dir", "btrfs"] },
      "lxd",
      "btrfs",
    ],
    [
      "leaves the backing storage to LXD, with whole copies",
      { mount: false, drivers: ["dir"] },
      "lxd",
      "dir",
    ],
  ];
  for (const [title, change, method, driver] of cases) {
    it(title, () => {
      expect(choosePool({ ...ALL, ...change })).to.deep.equal({ method, driver });
    });
  }
});

describe("The size of a pool", () => {
  it("is nearly all of a mount of the unit's own", () => {
    expect(sizeOnMount(100 * GIB)).to.equal(95 * GIB);
  });

  it("is a share of the machine's disk, more where it is required, and never all", () => {
    expect(sizeOnDisk(100 * GIB, 10 * GIB)).to.equal(60 * GIB);
    expect(sizeOnDisk(100 * GIB, 80 * GIB)).to.equal(80 * GIB);
    expect(sizeOnDisk(100 * GIB, 200 * GIB)).to.equal(90 * GIB);
  });

  it("is what is required in memory, up to half of it", () => {
    expect(sizeInMemory(64 * GIB, 100 * GIB)).to.equal(32 * GIB);
    const small = sizeInMemory(64 * GIB, 4 * GIB);
    expect(sizeOnMount(small)).to.be.at.least(4 * GIB);
    expect(small).to.be.below(5 * GIB);
  });
});

describe("renderStorageUnit()", () => {
  it("mounts the loop file before any LXD starts, and only where it is not mounted", () => {
    const storage = { file: "/storage/juju/runners-0.img", mount: "/data/pool", storage: "/storage/juju" };
    expect(renderStorageUnit("runners-0", storage)).to.equal(`[Unit]
Description=Storage of the GitHub runners of unit runners-0
DefaultDependencies=no
RequiresMountsFor=/storage/juju
After=local-fs.target
Before=lxd.service lxd.socket snap.lxd.daemon.service snap.lxd.daemon.unix.socket incus.service incus.socket
ConditionPathExists=/storage/juju/runners-0.img
ConditionPathIsMountPoint=!/data/pool

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=mount -o loop,user_subvol_rm_allowed /storage/juju/runners-0.img /data/pool

[Install]
WantedBy=multi-user.target
`);
  });
});

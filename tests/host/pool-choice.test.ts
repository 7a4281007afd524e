import { expect } from "chai";
import fc from "fast-check";
import {
  choosePool,
  roomOnDisk,
  sizeInMemory,
  sizeOnDisk,
  sizeOnMount,
  type PoolFacts,
  type SharedDisk,
} from "../../src/host/pool-choice.ts";
import { renderStorageUnit } from "../../src/host/storage-unit.ts";

const ALL: PoolFacts = {
  mount: true,
  btrfs: false,
  drivers: ["zfs", "btrfs", "dir", "lvm"],
  programs: ["mkfs.btrfs", "zpool"],
  loop: true,
};
const BTRFS_FIRST = ["btrfs", "zfs", "dir"];
const GIB = 2 ** 30;

describe("choosePool()", () => {
  const cases: readonly (readonly [string, Partial<PoolFacts>, string, string])[] = [
    ["takes a mount that is btrfs as it is", { btrfs: true }, "subvolume", "btrfs"],
    ["makes a ZFS pool where tools and LXD have ZFS", {}, "zpool", "zfs"],
    ["makes btrfs in a loop file where that comes before ZFS", { drivers: BTRFS_FIRST }, "loop", "btrfs"],
    [
      "makes a ZFS pool where btrfs comes before it and has no tools",
      { drivers: BTRFS_FIRST, programs: ["zpool"] },
      "zpool",
      "zfs",
    ],
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
      "leaves the backing storage to LXD, with btrfs where that comes before ZFS",
      { mount: false, drivers: BTRFS_FIRST },
      "lxd",
      "btrfs",
    ],
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

  const disk = (free: number, claimed = 0): SharedDisk => ({ total: 200 * GIB, free, claimed });

  it("is half of the room on a shared disk, and up to three quarters where the runners need more", () => {
    expect(sizeOnDisk(disk(80 * GIB), 10 * GIB)).to.equal(30 * GIB);
    expect(sizeOnDisk(disk(80 * GIB), 40 * GIB)).to.equal(40 * GIB);
    expect(sizeOnDisk(disk(80 * GIB), 500 * GIB)).to.equal(45 * GIB);
  });

  it("is no more than eight times what the runners need, and at least 32 GiB if there is room", () => {
    const large = { total: 2000 * GIB, free: 1900 * GIB, claimed: 0 };
    expect(sizeOnDisk(large, 10 * GIB)).to.equal(80 * GIB);
    expect(sizeOnDisk(large, 0)).to.equal(32 * GIB);
  });

  it("leaves a tenth of a shared disk free, and at least 2 GiB", () => {
    expect(roomOnDisk(disk(80 * GIB))).to.equal(60 * GIB);
    expect(roomOnDisk({ total: 8 * GIB, free: 6 * GIB, claimed: 0 })).to.equal(4 * GIB);
    expect(roomOnDisk(disk(15 * GIB))).to.equal(0);
    expect(sizeOnDisk(disk(15 * GIB), 10 * GIB)).to.equal(0);
  });

  it("leaves every unit on a shared disk its turn, whatever they need, and never takes the floor", () => {
    const need = fc.integer({ min: 0, max: 300 }).map((gib) => gib * GIB);
    fc.assert(
      fc.property(
        fc.array(need, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 30, max: 200 }),
        (needs, gib) => {
          let claimed = 0;
          for (const required of needs) {
            const room = roomOnDisk(disk(gib * GIB, claimed));
            const size = sizeOnDisk(disk(gib * GIB, claimed), required);
            expect(size).to.be.at.most(room * 0.75);
            // What half of the room is enough for is given in full.
            if (required <= room / 2) expect(size).to.be.at.least(Math.min(required, room / 2) - 2 ** 20);
            claimed += size;
          }
          expect(gib * GIB - claimed).to.be.at.least(20 * GIB);
        },
      ),
    );
  });

  it("gives two units what both need", () => {
    const first = sizeOnDisk(disk(80 * GIB), 20 * GIB);
    const second = sizeOnDisk(disk(80 * GIB, first), 20 * GIB);
    expect([first, second].map((bytes) => bytes / GIB)).to.deep.equal([30, 20]);
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
ExecStart=mount -o loop,user_subvol_rm_allowed,nodiscard /storage/juju/runners-0.img /data/pool

[Install]
WantedBy=multi-user.target
`);
  });
});

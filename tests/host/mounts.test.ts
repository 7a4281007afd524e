import { expect } from "chai";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HOST_PATHS } from "../../src/host/host-paths.ts";
import { Mounts, parseMounts } from "../../src/host/mounts.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

const TABLE = `22 1 8:1 / / rw,relatime shared:1 - btrfs /dev/sda1 rw,subvol=/@
30 22 0:27 /@home /home rw - btrfs /dev/sda1 rw,subvol=/@home
31 22 8:2 / /srv/a\\040b rw - ext4 /dev/sda2 rw
32 22 0:40 / /dev/shm rw - tmpfs tmpfs rw
`;

describe("parseMounts()", () => {
  it("reads mount points and sources, with blanks", () => {
    expect(parseMounts(TABLE)).to.deep.equal([
      { mount: "/", source: "/dev/sda1" },
      { mount: "/home", source: "/dev/sda1" },
      { mount: "/srv/a b", source: "/dev/sda2" },
      { mount: "/dev/shm", source: "tmpfs" },
    ]);
  });
});

describe("Mounts", () => {
  const directory = useTemporaryDirectory();
  const path = (name: string) => join(directory.path, name);
  /** Mounts of a machine whose table is this one. */
  const mounts = (table: string) => {
    mkdirSync(path("self"));
    writeFileSync(path("self/mountinfo"), table);
    return new Mounts({ ...HOST_PATHS, proc: directory.path }, () => Promise.reject(new Error("no program")));
  };
  const line = (mount: string, source: string) => `40 22 0:50 / ${mount} rw - any ${source} rw`;

  it("says that a directory of the machine's file system, and a bind mount, are on its disk", async () => {
    mkdirSync(path("storage"));
    expect(await mounts("").isOnSameDisk(path("storage"), [path("nothing"), directory.path])).to.equal(true);
  });

  it("says that another file system is not on its disk", async () => {
    expect(await mounts("").isOnSameDisk("/proc", [directory.path])).to.equal(false);
  });

  it("says that subvolumes of one device, and datasets of one ZFS pool, are on one disk", async () => {
    const table = (one: string, other: string) => [line("/proc", one), line("/", other)].join("\n");
    expect(await mounts(table("/dev/sda1", "/dev/sda1")).isOnSameDisk("/proc", ["/"])).to.equal(true);
  });

  it("says that datasets of two ZFS pools, and two tmpfs, are not on one disk", async () => {
    const table = [
      line("/proc", "tank/juju"),
      line("/", "rpool/root"),
      line("/sys", "tmpfs"),
      line("/dev", "tmpfs"),
    ];
    const found = mounts(table.join("\n"));
    expect(await found.isOnSameDisk("/proc", ["/"])).to.equal(false);
    expect(await found.isOnSameDisk("/sys", ["/dev"])).to.equal(false);
  });
});

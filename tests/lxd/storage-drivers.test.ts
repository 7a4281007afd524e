import { expect } from "chai";
import { byPreference } from "../../src/lxd/storage-drivers.ts";

const drivers = (zfs?: string) => [
  { name: "dir", version: "1" },
  { name: "btrfs", version: "6.2" },
  ...(zfs === undefined ? [] : [{ name: "zfs", version: zfs }]),
];

describe("Storage drivers by preference", () => {
  for (const version of ["2.2.0-1", "2.2.2-0ubuntu9.1", "2.10.1", "3.0.0"]) {
    it(`have ZFS ${version} first, since Docker works on it in containers`, () => {
      expect(byPreference(drivers(version))).to.deep.equal(["zfs", "btrfs", "dir"]);
    });
  }

  for (const version of ["2.1.11-1", "2.1.5-1ubuntu6", "0.8.3", "1.9", "", "unknown"]) {
    it(`have btrfs before ZFS '${version}', on which containers have no overlay file systems`, () => {
      expect(byPreference(drivers(version))).to.deep.equal(["btrfs", "zfs", "dir"]);
    });
  }

  it("have ZFS before full copies, whatever its version", () => {
    const [directory, , zfs] = drivers("2.1.11-1");
    expect(byPreference([directory, zfs].filter((driver) => driver !== undefined))).to.deep.equal([
      "zfs",
      "dir",
    ]);
  });

  it("are those of the server, and no others", () => {
    expect(byPreference(drivers())).to.deep.equal(["btrfs", "dir"]);
  });
});

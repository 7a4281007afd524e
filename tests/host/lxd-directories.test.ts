import { expect } from "chai";
import { lxdDirectories } from "../../src/host/lxd-directories.ts";

describe("lxdDirectories()", () => {
  const cases = [
    ["/var/lib/lxd/unix.socket", "/var/lib/lxd", "/var/log/lxd"],
    ["/var/snap/lxd/common/lxd/unix.socket", "/var/snap/lxd/common/lxd", "/var/snap/lxd/common/lxd/logs"],
    ["/var/lib/incus/unix.socket", "/var/lib/incus", "/var/log/incus"],
    ["/run/incus/unix.socket", "/var/lib/incus", "/var/log/incus"],
    ["/srv/lxd/unix.socket", "/srv/lxd", "/srv/lxd/logs"],
  ] as const;
  for (const [socket, data, logs] of cases) {
    it(`are ${data} and ${logs} when LXD listens at ${socket}`, () => {
      expect(lxdDirectories(socket)).to.deep.equal({ data, logs });
    });
  }
});

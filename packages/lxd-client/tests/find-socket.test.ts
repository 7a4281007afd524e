import { expect } from "chai";
import { findSocket } from "../src/index.ts";

const SNAP = "/var/snap/lxd/common/lxd/unix.socket";
const DEBIAN = "/var/lib/lxd/unix.socket";
const INCUS = "/var/lib/incus/unix.socket";

const CASES: readonly (readonly [string, Record<string, string>, readonly string[], string | undefined])[] = [
  ["nothing", {}, [], undefined],
  ["the snap's before Debian's", {}, [DEBIAN, SNAP], `lxd ${SNAP}`],
  ["Debian's before that of Incus", {}, [INCUS, DEBIAN], `lxd ${DEBIAN}`],
  ["that of Incus when there is no LXD", {}, [INCUS], `incus ${INCUS}`],
  ["what LXD_SOCKET names, also when it is not there", { LXD_SOCKET: "/x" }, [SNAP], "lxd /x"],
  ["the socket in LXD_DIR", { LXD_DIR: "/d/" }, [SNAP], "lxd /d/unix.socket"],
  ["LXD_SOCKET before LXD_DIR", { LXD_DIR: "/d", LXD_SOCKET: "/x" }, [], "lxd /x"],
  ["what INCUS_SOCKET names before packages' paths", { INCUS_SOCKET: "/i" }, [SNAP], "incus /i"],
  ["packages' paths when a variable is empty", { LXD_SOCKET: "", LXD_DIR: "" }, [SNAP], `lxd ${SNAP}`],
];

describe("findSocket()", () => {
  for (const [title, environment, present, expected] of CASES) {
    it(`finds ${title}`, () => {
      const found = findSocket(environment, (path) => present.includes(path));
      expect(found && `${found.dialect.name} ${found.path}`).to.equal(expected);
    });
  }
});

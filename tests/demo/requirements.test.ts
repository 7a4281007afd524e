import { expect } from "chai";
import { findObstacle, type HostFacts } from "./requirements.ts";

const able: HostFacts = {
  platform: "linux",
  architecture: "x64",
  isRoot: true,
  hasApt: true,
  freeBytes: 20 * 2 ** 30,
};

describe("findObstacle()", () => {
  it("finds none on a Debian machine as root", () => {
    expect(findObstacle(able)).to.equal(undefined);
  });

  const obstacles: readonly [string, Partial<HostFacts>, string][] = [
    ["another system than Linux", { platform: "darwin", architecture: "arm64" }, "this is darwin on arm64"],
    ["a person who is not root", { isRoot: false }, "sudo npm run demo"],
    ["a machine without apt", { hasApt: false }, "use Debian 12 or Ubuntu"],
    ["a full disk", { freeBytes: 1.5 * 2 ** 30 }, "/var/lib has 1.5 GiB of free space, and 4 GiB are needed"],
  ];
  for (const [what, facts, text] of obstacles) {
    it(`says what to do about ${what}`, () => {
      expect(findObstacle({ ...able, ...facts })).to.include(text);
    });
  }
});

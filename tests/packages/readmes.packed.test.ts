import { join } from "node:path";
import { expect } from "chai";
import type { PackedPackage } from "../../scripts/packages/pack-packages.ts";
import { installNodeVersions, NODE_VERSIONS, type NodeVersion } from "./node-versions.ts";
import { packedPackages } from "./packed-packages.ts";
import { readReadme } from "./readme.ts";
import { Stranger } from "./stranger.ts";

const ROOT = join(import.meta.dirname, "../..");

describe("A stranger with the packed packages", function () {
  this.timeout(360_000);
  let packed: readonly PackedPackage[];
  let node: Readonly<Record<NodeVersion, string>>;
  let stranger: Stranger;

  before(async () => {
    node = await installNodeVersions();
    packed = await packedPackages(AbortSignal.timeout(330_000));
  });

  for (const folder of [
    "kit",
    "juju-hook-tools",
    "juju-agent",
    "juju-charm",
    "tls-certificates",
    "data-interfaces",
    "cos-agent",
    "machine",
  ]) {
    describe(`follows the README of packages/${folder}`, () => {
      const readme = readReadme(join(ROOT, "packages", folder));

      before(async () => {
        stranger = await Stranger.arrive(packed);
        await stranger.install(readme.installation, node[24]);
      });
      afterEach(() => stranger.clear());
      after(() => stranger.leave());

      for (const version of NODE_VERSIONS) {
        it(`on Node.js ${version}`, async () => {
          const outcomes = await stranger.follow(readme, { node: node[version] });
          for (const { printed, output } of outcomes) {
            if (output !== undefined) expect(printed.stdout, printed.stderr).to.equal(output);
          }
          expect(outcomes.some(({ output }) => output !== undefined)).to.equal(true);
        });
      }
    });
  }
});

import { join } from "node:path";
import { expect } from "chai";
import { describeDaemon } from "../../packages/lxd-client/tests/support.ts";
import { installNodeVersions, NODE_VERSIONS, type NodeVersion } from "./node-versions.ts";
import { packedPackages } from "./packed-packages.ts";
import { readReadme } from "./readme.ts";
import { Stranger } from "./stranger.ts";

const README = readReadme(join(import.meta.dirname, "../../packages/lxd-client"));

describeDaemon("A stranger with lxd-client and an LXD", (daemon) => {
  let node: Readonly<Record<NodeVersion, string>>;
  let stranger: Stranger;

  before(async function () {
    this.timeout(360_000);
    node = await installNodeVersions();
    stranger = await Stranger.arrive(await packedPackages(AbortSignal.timeout(330_000)));
    await stranger.install(README.installation, node[24]);
  });
  afterEach(() => stranger.clear());
  after(() => stranger.leave());

  for (const version of NODE_VERSIONS) {
    it(`follows the README on Node.js ${version}`, async () => {
      const { alias, pool } = daemon();
      const environment = { IMAGE: alias, POOL: pool };
      const outcomes = await stranger.follow(README, { node: node[version], environment });
      expect(outcomes.map(({ output }) => output)).to.deep.equal(["Hello, LXD (0)\n"]);
      for (const { printed, output } of outcomes) expect(printed.stdout, printed.stderr).to.equal(output);
    });
  }
});

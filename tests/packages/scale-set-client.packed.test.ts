import { join } from "node:path";
import { expect } from "chai";
import { startGithubStandIn, type GithubStandIn } from "../support/github/github-stand-in.ts";
import { STANDARD_TOKEN } from "../support/github/http/callers.ts";
import { installNodeVersions, NODE_VERSIONS, type NodeVersion } from "./node-versions.ts";
import { packedPackages } from "./packed-packages.ts";
import { readReadme } from "./readme.ts";
import { Stranger } from "./stranger.ts";

const README = readReadme(join(import.meta.dirname, "../../packages/scale-set-client"));

describe("A stranger with scale-set-client and a GitHub", function () {
  this.timeout(360_000);
  let node: Readonly<Record<NodeVersion, string>>;
  let stranger: Stranger;
  let standIn: GithubStandIn;

  before(async () => {
    node = await installNodeVersions();
    stranger = await Stranger.arrive(await packedPackages(AbortSignal.timeout(330_000)));
    await stranger.install(README.installation, node[24]);
  });
  beforeEach(async () => {
    standIn = await startGithubStandIn();
  });
  afterEach(async () => {
    await standIn.close();
    await stranger.clear();
  });
  after(() => stranger.leave());

  for (const version of NODE_VERSIONS) {
    it(`follows the README on Node.js ${version}`, async () => {
      standIn.service.queue({ repository: "octo/hello", labels: ["example"] });
      const environment = { GITHUB_URL: `${standIn.url}/octo`, GITHUB_TOKEN: STANDARD_TOKEN };
      const outcomes = await stranger.follow(README, { node: node[version], environment });
      expect(outcomes.map(({ output }) => output)).to.deep.equal([
        "octo/hello waits\n1 runners are wanted\n",
      ]);
      for (const { printed, output } of outcomes) expect(printed.stdout, printed.stderr).to.equal(output);
      expect([...standIn.scaleSets.all.values()]).to.deep.equal([]);
      expect(standIn.violations).to.deep.equal([]);
    });
  }
});

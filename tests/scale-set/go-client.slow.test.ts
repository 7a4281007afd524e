import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { startGithubStandIn, type GithubStandIn } from "../support/github/github-stand-in.ts";
import { STANDARD_TOKEN } from "../support/github/http/callers.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";
import { playGithub } from "./life.ts";
import { RecordingProxy } from "./recording-proxy.ts";

const RECORDED = join(import.meta.dirname, "recorded-requests.json");
const PROGRAM = join(import.meta.dirname, "go-listener");
const BUILD_MS = 540_000;
const run = promisify(execFile);

/** Why the client cannot be built here; undefined if it can. */
async function reasonToSkip(): Promise<string | undefined> {
  if (process.env["SCALE_SET_GO"] === undefined)
    return "npm run test:go builds GitHub's client and runs it, which takes minutes the first time";
  return run("go", ["version"]).then(
    () => undefined,
    () => "there is no Go: install golang-go",
  );
}

describe("GitHub's own client of runner scale sets", function () {
  this.timeout(BUILD_MS + 60_000);
  const directory = useTemporaryDirectory();
  let standIn: GithubStandIn;
  let proxy: RecordingProxy;

  before(async function () {
    const reason = await reasonToSkip();
    if (reason === undefined) return;
    this.test?.parent?.tests.forEach((test) => (test.title += ` (${reason})`));
    this.skip();
  });
  beforeEach(async () => {
    standIn = await startGithubStandIn();
    proxy = await RecordingProxy.start(standIn.url);
  });
  afterEach(async () => {
    await proxy.close();
    await standIn.close();
  });

  it("listens to the stand-in by its requests, which are those on record", async () => {
    const program = join(directory.path, "listener");
    await run("go", ["build", "-o", program, "."], { cwd: PROGRAM, timeout: BUILD_MS });
    const signal = AbortSignal.timeout(170_000);
    playGithub(standIn, signal);
    const env = { ...process.env, GITHUB_CONFIG_URL: `${proxy.url}/octo`, GITHUB_TOKEN: STANDARD_TOKEN };
    const { stdout } = await run(program, [], { env, signal });
    expect(stdout).to.equal("started 1, completed canceled\n");
    // To write them anew, after a newer version of the client in go.mod.
    if (process.env["SCALE_SET_GO"] === "record")
      await writeFile(RECORDED, `${JSON.stringify(proxy.requests, undefined, 2)}\n`);
    expect(proxy.requests).to.deep.equal(JSON.parse(await readFile(RECORDED, "utf8")));
  });
});

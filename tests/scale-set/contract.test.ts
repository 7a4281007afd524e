import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { startGithubStandIn, type GithubStandIn } from "../support/github/github-stand-in.ts";
import { liveOnce, playGithub } from "./life.ts";
import { RecordingProxy } from "./recording-proxy.ts";
import { soon } from "../support/patience.ts";

/** Requests of GitHub's own client, written by `npm run test:go`. */
const RECORDED = join(import.meta.dirname, "recorded-requests.json");

describe("ScaleSetClient beside GitHub's own client", function () {
  this.timeout(120_000);
  let standIn: GithubStandIn;
  let proxy: RecordingProxy;

  beforeEach(async () => {
    standIn = await startGithubStandIn();
    proxy = await RecordingProxy.start(standIn.url);
  });
  afterEach(async () => {
    await proxy.close();
    await standIn.close();
  });

  it("sends the same requests, with the same headers and bodies, in the same order", async () => {
    const signal = soon();
    playGithub(standIn, signal);
    expect(await liveOnce(`${proxy.url}/octo`, signal)).to.deep.equal({ runnerId: 1, result: "canceled" });
    expect(proxy.requests).to.deep.equal(JSON.parse(await readFile(RECORDED, "utf8")));
  });
});

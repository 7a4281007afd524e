import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { APIClient } from "../api-client.ts";
import { startGithubStandIn } from "../github-stand-in.ts";
import type { GithubStandIn } from "../github-stand-in.ts";
import { StandInControl } from "./stand-in-control.ts";
import { soon } from "../../patience.ts";

describe("StandInControl", () => {
  let directory: string;
  let standIn: GithubStandIn;
  let control: StandInControl;
  const signal = soon;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "stand-in-control-"));
    const controlSocket = join(directory, "control.sock");
    standIn = await startGithubStandIn({ controlSocket });
    control = new StandInControl(controlSocket);
  });

  afterEach(async () => {
    await standIn.close();
    await rm(directory, { recursive: true });
  });

  it("waits for a job and is told as soon as it is over", async () => {
    const { id } = await control.call("queue-job", { repository: "octo/hello", labels: ["linux"] }, signal());
    const over = control.call("wait-for-job", { id, status: "completed" }, signal());
    await control.call("cancel-job", { id }, signal());
    expect(await over).to.include({ id, conclusion: "cancelled" });
  });

  it("waits for runners to register", async () => {
    const registered = control.call("wait-for-runners", { registered: 1 }, signal());
    await new APIClient(standIn).register("one");
    expect((await registered).map(({ name }) => name)).to.deep.equal(["one"]);
  });

  it("gives a wait up when its signal says so", async () => {
    const reason = new Error("enough");
    const patience = new AbortController();
    const waiting = control.call("wait-for-runners", { idle: 1 }, patience.signal);
    patience.abort(reason);
    const thrown: unknown = await waiting.catch((error: unknown) => error);
    expect(thrown).to.equal(reason);
  });

  it("shows what was asked of GitHub, without its tokens", async () => {
    await new APIClient(standIn).call("GET", "/orgs/octo/actions/runners?per_page=1");
    const requests = await control.call("requests", null, signal());
    expect(requests).to.have.lengthOf(1);
    expect(requests[0]).to.include({
      path: "/orgs/octo/actions/runners?per_page=1",
      route: "list-runners",
      status: 200,
    });
    expect(JSON.stringify(requests)).to.not.contain("ghp_");
  });

  it("says what it cannot do", async () => {
    const thrown: unknown = await control
      .call("job-log", { id: 5 }, signal())
      .catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(Error).with.property("message", "There is no job 5.");
  });
});

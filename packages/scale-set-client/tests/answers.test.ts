import { expect } from "chai";
import { DeadlineError } from "charm-kit";
import { rejection } from "../../../tests/support/rejection.ts";
import {
  ScaleSetAnswerError,
  ScaleSetClient,
  ScaleSetRefusedError,
  ScaleSetUnreachableError,
  type Limits,
} from "../src/index.ts";
import { refusal } from "./refusal.ts";
import { AnsweringServer, type ScriptedAnswer } from "./answering-server.ts";
import { soon } from "../../../tests/support/patience.ts";

const SET = '{"id":7,"name":"builders","runnerGroupId":1,"labels":[{"type":"System","name":"linux"}]}';
const LIMITS: Partial<Limits> = { pauseMs: 1, callMs: 5000 };

describe("ScaleSetClient", () => {
  let server: AnsweringServer | undefined;
  let client: ScaleSetClient | undefined;
  const signal = soon;

  async function beside(
    answers: readonly ScriptedAnswer[],
    limits: Partial<Limits> = {},
  ): Promise<ScaleSetClient> {
    server = await AnsweringServer.start(answers);
    client = new ScaleSetClient({
      url: server.url,
      token: () => Promise.resolve("ghp"),
      limits: { ...LIMITS, ...limits },
    });
    return client;
  }

  afterEach(async () => {
    await client?.close();
    await server?.close();
  });

  it("reads an answer behind a byte order mark", async () => {
    const set = await (await beside([{ body: `\u{FEFF}${SET}` }])).getScaleSet(7, signal());
    expect(set).to.include({ id: 7, name: "builders", statistics: undefined });
    expect(set?.labels).to.deep.equal(["linux"]);
  });

  it("tells GitHub's own type, text and identifiers of a refusal", async () => {
    const typeName =
      "GitHub.Actions.Runtime.WebApi.RunnerScaleSetExistsException, GitHub.Actions.Runtime.WebApi";
    const headers = { activityid: "a-1", "x-github-request-id": "r-1" };
    const body = JSON.stringify({ typeName, message: "It exists." });
    const thrown = await refusal(
      (await beside([{ status: 409, headers, body }])).createScaleSet(
        { name: "x", runnerGroupId: 1 },
        signal(),
      ),
    );
    expect(thrown).to.include({
      status: 409,
      typeName,
      detail: "It exists.",
      activityId: "a-1",
      requestId: "r-1",
    });
    expect(thrown.is("RunnerScaleSetExistsException")).to.equal(true);
    expect(thrown.is("AgentExistsException")).to.equal(false);
    expect(thrown.message).to.equal(
      "Cannot create the scale set x: GitHub answered 409, It exists. " +
        "(GitHub.Actions.Runtime.WebApi.RunnerScaleSetExistsException, request r-1, activity a-1)",
    );
  });

  it("tells the text of a refusal that is no JSON", async () => {
    const client = await beside([
      { status: 403, headers: { "content-type": "text/plain" }, body: "Forbidden by a proxy" },
    ]);
    const thrown = await rejection(client.getScaleSet(7, signal()));
    expect(thrown).to.include({ status: 403, typeName: undefined, detail: "Forbidden by a proxy" });
  });

  it("reads again after a failure of the service and after a broken connection", async () => {
    const client = await beside([{ status: 500 }, { reset: true }, { status: 429 }, { body: SET }]);
    expect((await client.getScaleSet(7, signal()))?.id).to.equal(7);
    expect(server?.seen).to.have.lengthOf(4);
  });

  it("does not create again what may have been created", async () => {
    for (const answer of [{ status: 500 }, { reset: true }] as const) {
      const client = await beside([answer, { body: SET }]);
      const thrown = await rejection(client.createScaleSet({ name: "x", runnerGroupId: 1 }, signal()));
      expect(thrown).to.be.instanceOf(answer.reset ? ScaleSetUnreachableError : ScaleSetRefusedError);
      if (thrown instanceof ScaleSetUnreachableError) expect(thrown.maybeSent).to.equal(true);
      expect(server?.seen).to.have.lengthOf(1);
      await client.close();
      await server?.close();
    }
  });

  it("creates once an overloaded service has room", async () => {
    const client = await beside([{ status: 503 }, { body: SET }]);
    expect((await client.createScaleSet({ name: "x", runnerGroupId: 1 }, signal())).id).to.equal(7);
  });

  it("waits as long as GitHub asks for", async () => {
    const client = await beside([{ status: 429, headers: { "retry-after": "1" } }, { body: SET }]);
    const before = performance.now();
    await client.getScaleSet(7, signal());
    expect(performance.now() - before).to.be.above(990);
  });

  it("tells at once of a limit that lasts longer than the call may", async () => {
    const headers = { "retry-after": "3600", "x-ratelimit-remaining": "0", "set-cookie": "session=1" };
    const thrown = await refusal((await beside([{ status: 429, headers }])).getScaleSet(7, signal()));
    expect(thrown).to.include({ status: 429, retryAfterSeconds: 3600 });
    expect(thrown.headers).to.deep.equal({ "retry-after": "3600", "x-ratelimit-remaining": "0" });
    expect(server?.seen).to.have.lengthOf(1);
  });

  it("takes the end of a limit that is used up for the time after which it may ask again", async () => {
    const reset = String(Math.ceil(Date.now() / 1000) + 3600);
    const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset };
    const thrown = await refusal((await beside([{ status: 429, headers }])).getScaleSet(7, signal()));
    expect(thrown.retryAfterSeconds).to.be.within(3500, 3602);
    expect(server?.seen).to.have.lengthOf(1);
  });

  it("gives up after its attempts", async () => {
    const thrown = await rejection(
      (await beside([{ status: 502 }], { retries: 2 })).getScaleSet(7, signal()),
    );
    expect(thrown).to.include({ status: 502 });
    expect(server?.seen).to.have.lengthOf(3);
  });

  it("does not show the content of an answer that it cannot read", async () => {
    const thrown = await rejection(
      (await beside([{ body: '{"encodedJITConfig":"c2VjcmV0' }])).createRunner(7, { name: "r" }, signal()),
    );
    expect(thrown).to.be.instanceOf(ScaleSetAnswerError);
    expect(thrown).to.have.property("message", "Cannot register the runner r: GitHub's answer is not JSON");
    expect(JSON.stringify(thrown, Object.getOwnPropertyNames(thrown))).to.not.contain("c2VjcmV0");
  });

  it("refuses an answer without what was asked for, and one that is too large", async () => {
    const misses = await rejection(
      (await beside([{ body: '{"runner":{"id":1,"name":"r"}}' }])).createRunner(7, { name: "r" }, signal()),
    );
    expect(misses).to.be.instanceOf(ScaleSetAnswerError);
    await client?.close();
    await server?.close();
    const large = await rejection(
      (await beside([{ body: SET }], { answerBytes: 10 })).getScaleSet(7, signal()),
    );
    expect(large)
      .to.be.instanceOf(ScaleSetAnswerError)
      .with.property("message")
      .that.contains("larger than 10 bytes");
  });

  it("ends with its limit, and with the signal of the caller", async () => {
    const late = await rejection(
      (await beside([{ silence: true }], { callMs: 50 })).getScaleSet(7, signal()),
    );
    expect(late).to.be.instanceOf(DeadlineError);
    const reason = new Error("enough");
    const patience = new AbortController();
    const reading = rejection(client?.findRunner("r", patience.signal) ?? Promise.resolve());
    patience.abort(reason);
    expect(await reading).to.equal(reason);
  });

  it("says which host cannot be reached", async () => {
    const closed = await AnsweringServer.start([]);
    const { url } = closed;
    await closed.close();
    client = new ScaleSetClient({
      url,
      token: () => Promise.resolve("ghp"),
      limits: { ...LIMITS, retries: 1 },
    });
    const thrown = await rejection(client.getScaleSet(1, signal()));
    expect(thrown).to.be.instanceOf(ScaleSetUnreachableError);
    expect(thrown).to.include({ host: new URL(url).host, maybeSent: false });
  });
});

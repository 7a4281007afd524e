import { request, type RequestOptions } from "node:http";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { createLogger, silentLogger, systemClock } from "charm-kit";
import type { CheckRequest } from "../../src/compliance/check-request.ts";
import type { CheckOutcome, CheckVerdict } from "../../src/compliance/repository-checks.ts";
import { PolicyEndpoint, type PolicyEndpointOptions } from "../../src/service/policy-endpoint.ts";
import { freePort } from "../support/free-port.ts";

const HOST = "127.0.0.1";
const BODY = JSON.stringify({ repository_name: "octo/hello" });

interface Asked {
  readonly status: number | undefined;
  readonly body: string;
}

describe("PolicyEndpoint", () => {
  let endpoint: PolicyEndpoint;
  let port: number;
  let good: Set<string>;
  let checked: CheckRequest[];
  let outcome: () => CheckOutcome | Promise<CheckOutcome>;
  let verdicts: CheckVerdict[];
  const sockets: Socket[] = [];

  const open = async (change: Partial<PolicyEndpointOptions> = {}) => {
    endpoint = new PolicyEndpoint({
      redeem: (token) => Promise.resolve(good.delete(token)),
      check: async (asked) => {
        checked.push(asked);
        return outcome();
      },
      onVerdict: (verdict) => verdicts.push(verdict),
      clock: systemClock,
      log: silentLogger,
      ...change,
    });
    port = await freePort();
    await endpoint.listen({ host: HOST, port });
  };
  const ask = (
    path = "/push/check-run",
    { token = "good", body = BODY, ...options }: RequestOptions & { token?: string; body?: string } = {},
  ) =>
    new Promise<Asked>((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const call = request(
        { host: HOST, port, path, method: "POST", headers, agent: false, ...options },
        (answer) => {
          text(answer).then((got) => {
            resolve({ status: answer.statusCode, body: got });
          }, reject);
        },
      );
      call.on("error", reject).end(body);
    });
  /** Sends bytes, and resolves with all that comes back once the connection is closed. */
  const send = (bytes: string, localAddress = HOST) =>
    new Promise<string>((resolve) => {
      const socket = connect({ port, host: HOST, localAddress });
      sockets.push(socket);
      let got = "";
      socket
        .setEncoding("utf8")
        .on("data", (chunk: string) => (got += chunk))
        .on("error", () => undefined)
        .once("close", () => {
          resolve(got);
        })
        .write(bytes);
    });

  beforeEach(() => {
    good = new Set(["good"]);
    checked = [];
    outcome = () => ({ verdict: "allowed" });
    verdicts = [];
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await endpoint.close();
  });

  it("lets a job run, and tells the reason of a refusal and of a failure", async () => {
    await open();
    expect(await ask()).to.deep.equal({ status: 204, body: "" });
    good.add("good");
    outcome = () => ({ verdict: "refused", text: "no" });
    expect(await ask()).to.deep.equal({ status: 403, body: "no" });
    good.add("good");
    outcome = () => ({ verdict: "failed", text: "broken" });
    expect(await ask()).to.deep.equal({ status: 500, body: "broken" });
    expect(verdicts).to.deep.equal(["allowed", "refused", "failed"]);
  });

  it("checks nothing for a token that is unknown or was used", async () => {
    await open();
    for (const token of ["", "other", "good x", "' OR 1=1 --"])
      expect((await ask(undefined, { token })).status).to.equal(401);
    expect((await ask(undefined, { headers: {} })).status).to.equal(401);
    await ask();
    expect((await ask()).status).to.equal(401);
    expect(checked).to.have.length(1);
    expect(verdicts).to.deep.equal(["allowed"]);
  });

  it("gives no token to anybody on the network, and knows no other path", async () => {
    await open();
    expect((await ask("/one-time-token", { method: "GET" })).status).to.equal(401);
    expect((await ask("/one-time-token")).status).to.equal(401);
    for (const path of [
      "/",
      "/policy",
      "/status",
      "/metrics",
      "/policy-token",
      "/reconcile",
      "/../push/check-run",
      "//push/check-run",
    ])
      expect((await ask(path)).status, path).to.equal(404);
    expect((await ask(undefined, { method: "GET", body: "" })).status).to.equal(405);
    expect([...good]).to.deep.equal(["good"]);
  });

  it("refuses a bad body, which uses the token up", async () => {
    await open();
    expect((await ask(undefined, { body: "{" })).status).to.equal(400);
    expect([...good]).to.deep.equal([]);
    expect(checked).to.deep.equal([]);
  });

  it("refuses a long body, by its length and without one, and answers others meanwhile", async () => {
    await open();
    expect((await ask(undefined, { body: "x".repeat(20_000) })).status).to.equal(413);
    const head = "POST /push/check-run HTTP/1.1\r\nhost: x\r\nauthorization: Bearer good\r\n";
    const chunk = `4000\r\n${"x".repeat(0x4000)}\r\n`;
    expect(await send(`${head}transfer-encoding: chunked\r\n\r\n${chunk}${chunk}`)).to.contain(" 413 ");
    expect(await ask()).to.deep.equal({ status: 204, body: "" });
  });

  for (const [what, bytes] of [
    ["no HTTP", "\u0000\u0001\u0002hello\r\n\r\n"],
    ["a long head", `GET / HTTP/1.1\r\nx: ${"x".repeat(20_000)}\r\n\r\n`],
    [
      "two lengths",
      "POST /push/check-run HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx",
    ],
    [
      "length and chunks",
      "POST /push/check-run HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
  ] as const) {
    it(`ends a connection with ${what}, and goes on`, async () => {
      await open();
      expect(await send(bytes)).to.match(/^HTTP\/1\.1 4/);
      expect((await ask()).status).to.equal(204);
    });
  }

  it("answers one request of a connection", async () => {
    await open();
    const one = "POST /push/check-run HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n";
    const answers = (await send(one.repeat(5))).match(/HTTP\/1\.1 \d+/g) ?? [];
    expect(answers[0]).to.equal("HTTP/1.1 401");
    expect(answers.length).to.be.below(3);
  });

  for (const [what, bytes] of [
    ["sends nothing", ""],
    ["does not end its head", "POST /push/check-run HTTP/1.1\r\nhost: x\r\n"],
    ["does not send its body", "POST /push/check-run HTTP/1.1\r\nhost: x\r\ncontent-length: 40\r\n\r\nabc"],
  ] as const) {
    it(`loses a guest that ${what}`, async () => {
      await open({ requestMs: 1000, checkMs: 1000 });
      await send(bytes);
      expect((await ask()).status).to.equal(204);
    });
  }

  it("takes the later ones of many connections of one guest, and none of another", async () => {
    await open();
    const held = Array.from({ length: 40 }, () => send("POST /push/check-run HTTP/1.1\r\n"));
    expect(await Promise.race(held)).to.equal("");
    // All of 127.0.0.0/8 is this machine.
    expect((await ask(undefined, { localAddress: "127.0.0.2" })).status).to.equal(204);
  });

  it("answers a guest's share of requests in a minute, and all of another one's", async () => {
    let now = 0;
    const clock = { ...systemClock, now: () => now };
    await open({ mostRequests: 3, clock });
    const statuses: (number | undefined)[] = [];
    for (let count = 0; count < 5; count += 1) statuses.push((await ask(undefined, { token: "bad" })).status);
    expect(statuses).to.deep.equal([401, 401, 401, 429, 429]);
    expect((await ask()).status).to.equal(429);
    expect((await ask(undefined, { localAddress: "127.0.0.2" })).status).to.equal(204);
    now = 61_000;
    expect((await ask(undefined, { token: "bad" })).status).to.equal(401);
  });

  it("fails a check that takes too long, before the runner gives up", async () => {
    await open({ checkMs: 100 });
    outcome = () => new Promise(() => undefined);
    const { status, body } = await ask();
    expect(status).to.equal(500);
    expect(body).to.equal("GitHub has not answered the unit in time. Run the job again later.");
    expect(verdicts).to.deep.equal(["failed"]);
  });

  it("keeps the reason of a check that cannot be made for the unit's log", async () => {
    const lines: string[] = [];
    const log = createLogger(
      (_level, line) => lines.push(line),
      (line) => line,
    );
    await open({ log });
    outcome = () => Promise.reject(new Error("no such file: /etc/ssl/company.pem"));
    const { status, body } = await ask();
    expect(status).to.equal(500);
    expect(body).to.match(/^The settings of the repository cannot be read\. Ask an operator/);
    expect(body).not.to.contain("company.pem");
    expect(lines.join()).to.contain("company.pem");
    expect(verdicts).to.deep.equal(["failed"]);
  });

  it("asks GitHub for a few checks at a time, and for the others later", async () => {
    const allAsked = Promise.withResolvers<undefined>();
    const redeem = (token: string) => {
      good.delete(token);
      if (good.size === 0) allAsked.resolve(undefined);
      return Promise.resolve(true);
    };
    await open({ mostRequests: 100, redeem });
    let running = 0;
    let most = 0;
    outcome = async () => {
      running += 1;
      await allAsked.promise;
      await new Promise(setImmediate);
      most = Math.max(most, running);
      running -= 1;
      return { verdict: "allowed" };
    };
    good.clear();
    for (let guest = 1; guest <= 30; guest += 1) good.add(`token-${guest}`);
    const asked = Array.from({ length: 30 }, (_, index) =>
      ask(undefined, { token: `token-${index + 1}`, localAddress: `127.0.1.${index + 1}` }),
    );
    expect((await Promise.all(asked)).map(({ status }) => status)).to.deep.equal(Array(30).fill(204));
    expect(most).to.equal(8);
  });

  it("tells an error of its own, and goes on", async () => {
    await open({ redeem: () => Promise.reject(new Error("the disk is full")) });
    expect(await ask()).to.deep.equal({ status: 500, body: "The check failed." });
    expect((await ask("/nothing")).status).to.equal(404);
    expect(verdicts).to.deep.equal(["failed"]);
  });

  it("moves to another address, and says when that cannot be had", async () => {
    await open();
    const earlier = port;
    port = await freePort();
    await endpoint.listen({ host: "127.0.0.3", port });
    expect(endpoint.address).to.deep.equal({ host: "127.0.0.3", port });
    expect((await ask(undefined, { host: "127.0.0.3" })).status).to.equal(204);
    const thrown: unknown = await ask(undefined, { port: earlier }).catch((error: unknown) => error);
    expect(thrown).to.have.property("code", "ECONNREFUSED");
    const missing: unknown = await endpoint
      .listen({ host: "192.0.2.77", port })
      .catch((error: unknown) => error);
    expect(missing).to.have.property("code", "EADDRNOTAVAIL");
    expect(endpoint.address).to.equal(undefined);
    await endpoint.listen({ host: HOST, port });
    good.add("good");
    expect((await ask()).status).to.equal(204);
  });
});

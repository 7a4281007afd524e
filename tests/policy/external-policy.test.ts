import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { expect } from "chai";
import { ExternalPolicy, PolicyServiceError } from "../../src/policy/external-policy.ts";
import { Secret } from "charm-kit";
import { soon } from "../support/patience.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

describe("ExternalPolicy", () => {
  let server: Server;
  let url: string;
  let answers: Answer[];
  let requests: string[];
  let pauses: number[];

  const clock = {
    now: () => 0,
    wait: (delayMs: number) => {
      pauses.push(delayMs);
      return Promise.resolve();
    },
  };
  const say =
    (status: number, text = ""): Answer =>
    (_request, response) => {
      response.writeHead(status).end(text);
    };
  const policy = () => new ExternalPolicy({ url: `${url}/api/`, token: new Secret("charm-token"), clock });
  const token = () => policy().oneTimeToken(soon());
  const failure = () =>
    token().then(
      () => expect.fail("it should have failed"),
      (thrown: unknown) => thrown as PolicyServiceError,
    );

  beforeEach(async () => {
    [answers, requests, pauses] = [[], [], []];
    server = createServer((request, response) => {
      requests.push(
        `${request.method ?? ""} ${request.url ?? ""} ${request.headers.authorization ?? "without a token"}`,
      );
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      answer?.(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it("gets a one-time token for the charm's own", async () => {
    answers = [say(200, "abc123\n")];
    const got = await token();
    expect(got.reveal()).to.equal("abc123");
    expect(requests).to.deep.equal(["GET /api/one-time-token Bearer charm-token"]);
  });

  it("has the address that runners ask, without a slash at its end", () => {
    expect(policy().url).to.equal(`${url}/api`);
  });

  for (const status of [500, 502, 503, 504]) {
    it(`asks three times when the service fails with ${status}, later each time`, async () => {
      answers = [say(status), say(status), say(200, "third")];
      expect((await token()).reveal()).to.equal("third");
      expect(requests).to.have.length(3);
      expect(pauses).to.deep.equal([500, 1000]);
    });

    it(`gives up after three times ${status}`, async () => {
      answers = [say(status)];
      expect(await failure())
        .to.be.instanceOf(PolicyServiceError)
        .with.property("status", status);
      expect(requests).to.have.length(3);
    });
  }

  for (const status of [301, 400, 401, 403, 404, 501]) {
    it(`takes ${status} for an answer`, async () => {
      answers = [say(status, "no")];
      expect(await failure())
        .to.be.instanceOf(PolicyServiceError)
        .with.property("status", status);
      expect(requests).to.have.length(1);
    });
  }

  it("says which option to mend when the service refuses the charm", async () => {
    answers = [say(401)];
    expect((await failure()).message).to.equal(
      "Cannot get a one-time token from the repository policy service: HTTP status 401, it refuses the charm; " +
        "correct repo-policy-compliance-token",
    );
  });

  for (const [what, text] of [
    ["nothing", ""],
    ["a page", "<html>\n<body>"],
    ["two lines, which would add a header", "token\r\nX-Evil: yes"],
    ["megabytes", "x".repeat(2_000_000)],
  ] as const) {
    it(`refuses ${what} as a token`, async () => {
      answers = [say(200, text)];
      expect((await failure()).message).to.contain("its answer is not a token");
    });
  }

  it("says when the service cannot be reached", async () => {
    server.close();
    expect(await failure())
      .to.be.instanceOf(PolicyServiceError)
      .with.property("status", undefined);
  });

  it("stops waiting when it is aborted", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    answers = [
      () => {
        controller.abort(reason);
      },
    ];
    const thrown: unknown = await policy()
      .oneTimeToken(controller.signal)
      .catch((error: unknown) => error);
    expect(thrown).to.equal(reason);
  });

  it("goes to the service itself, whatever proxy the environment names", async () => {
    answers = [say(200, "direct")];
    process.env["http_proxy"] = "http://127.0.0.1:1";
    try {
      expect((await token()).reveal()).to.equal("direct");
    } finally {
      delete process.env["http_proxy"];
    }
  });

  it("shows its token nowhere", async () => {
    answers = [say(200, "secret-token")];
    expect(inspect([policy(), await token()], { depth: 9 })).to.not.match(/charm-token|secret-token/);
  });
});

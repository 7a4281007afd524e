import { inspect } from "node:util";
import { assert, expect } from "chai";
import {
  BadCredentialsError,
  GithubDeadlineError,
  GithubError,
  MissingPermissionError,
  NotFoundError,
  RateLimitError,
  RefusedError,
  UnavailableError,
} from "../../src/github/errors.ts";
import { createLogger, systemClock } from "charm-kit";
import { rejection } from "../support/rejection.ts";
import {
  clientOf,
  json,
  never,
  page,
  raw,
  registered,
  reset,
  runner,
  silent,
  useStubGithub,
  TOKEN,
} from "./support.ts";

const LIST = "GET /repos/octo/hello/actions/runners";
const REGISTER = "POST /repos/octo/hello/actions/runners/generate-jitconfig";
const NOW = Date.UTC(2026, 0, 1);
const SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
const PRIMARY = "API rate limit exceeded for user ID 1.";
const INTEGRATION = "Resource not accessible by integration";

describe("failures of GitHub", () => {
  const github = useStubGithub();
  const clock = { ...systemClock, now: () => NOW };
  const listFailure = (change: Parameters<typeof clientOf>[1] = {}) =>
    rejection(clientOf(github, { clock, ...change }).list(never));

  for (const [status, body, type, code] of [
    [401, { message: "Bad credentials" }, BadCredentialsError, "github-bad-credentials"],
    [
      403,
      { message: "Must have admin rights to Repository." },
      MissingPermissionError,
      "github-missing-permission",
    ],
    [404, { message: "Not Found" }, NotFoundError, "github-not-found"],
    [410, { message: "Gone" }, RefusedError, "github-refused"],
    [422, { message: "Validation Failed" }, RefusedError, "github-refused"],
    [429, { message: "Too many" }, RateLimitError, "github-rate-limit"],
  ] as const) {
    it(`tells a ${status} by its type, with GitHub's request ID, after one request`, async () => {
      github.on(LIST, json(status, body));
      const error = await listFailure();
      expect(error).to.be.instanceOf(type).and.to.be.instanceOf(GithubError);
      expect(error).to.include({ code, status, requestId: "C0DE:1234" });
      expect(error.message).to.match(/^Cannot list the runners of 'octo\/hello': /);
      expect(github.requests).to.have.length(1);
    });
  }

  it("reports a server that nobody runs as unavailable, with the reason", async () => {
    const { url } = github;
    await github.close();
    const error = await rejection(clientOf(github, { githubUrl: url }).list(never));
    await github.listen();
    expect(error).to.be.instanceOf(UnavailableError).with.property("status", undefined);
    expect(error.message).to.contain("ECONNREFUSED");
    expect(error.cause).to.have.property("code", "ECONNREFUSED");
  });

  describe("missing permissions", () => {
    for (const [at, route, needed] of [
      ["octo/hello", LIST, "'repo'"],
      ["octo", "GET /orgs/octo/actions/runners", "'admin:org'"],
      ["enterprises/big", "GET /enterprises/big/actions/runners", "'manage_runners:enterprise'"],
    ] as const) {
      it(`name the scope that a path such as ${at} needs and those that the token has`, async () => {
        github.on(route, json(403, { message: INTEGRATION }, { "x-oauth-scopes": "read:org, gist" }));
        const error = await listFailure({ at });
        assert.instanceOf(error, MissingPermissionError);
        expect(error.message).to.contain(needed).and.to.contain("it has 'read:org, gist'");
        expect(error.permissions.granted).to.equal("read:org, gist");
      });
    }

    it("say what GitHub asks of a fine-grained token", async () => {
      github.on(
        LIST,
        json(403, { message: INTEGRATION }, { "x-accepted-github-permissions": "administration=write" }),
      );
      expect((await listFailure()).message).to.contain("GitHub asks for 'administration=write'");
    });

    it("say that a token has no scope at all", async () => {
      github.on(LIST, json(403, { message: INTEGRATION }, { "x-oauth-scopes": "" }));
      expect((await listFailure()).message).to.contain("it has no scope");
    });

    it("are told from a rate limit when the refused request was the last of the hour", async () => {
      github.on(
        LIST,
        json(403, { message: INTEGRATION }, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1" }),
      );
      expect(await listFailure({ patienceSeconds: 0 })).to.be.instanceOf(MissingPermissionError);
    });
  });

  describe("rate limits", () => {
    const inAnHour = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(1_893_456_000) };

    for (const status of [403, 429]) {
      it(`of the primary kind end when the header of a ${status} says`, async () => {
        github.on(LIST, json(status, { message: PRIMARY }, inAnHour));
        const error = await listFailure();
        expect(error)
          .to.be.instanceOf(RateLimitError)
          .and.to.include({ limit: "primary", resetAt: 1_893_456_000_000 });
        expect(error.message).to.contain("until 2030-01-01T00:00:00.000Z");
        expect(github.requests).to.have.length(1);
      });

      it(`of the secondary kind end after the retry-after of a ${status}`, async () => {
        github.on(LIST, json(status, { message: SECONDARY }, { "retry-after": "120" }));
        const error = await listFailure();
        expect(error)
          .to.be.instanceOf(RateLimitError)
          .and.to.include({ limit: "secondary", resetAt: NOW + 120_000 });
        expect(github.requests).to.have.length(1);
      });

      it(`of the secondary kind are known by their earlier name in a ${status}, too`, async () => {
        const message =
          "You have triggered an abuse detection mechanism. Please wait a few minutes before you try again.";
        github.on(LIST, json(status, { message }));
        expect(await listFailure())
          .to.be.instanceOf(RateLimitError)
          .and.to.include({ limit: "secondary", resetAt: NOW + 60_000 });
        expect(github.requests).to.have.length(1);
      });

      it(`of the secondary kind without a retry-after in a ${status} end after a minute`, async () => {
        github.on(LIST, json(status, { message: SECONDARY }));
        expect(await listFailure()).to.include({ limit: "secondary", resetAt: NOW + 60_000 });
        expect(github.requests).to.have.length(1);
      });

      it(`that pass soon are waited for once after a ${status}`, async () => {
        github.on(LIST, json(status, { message: SECONDARY }, { "retry-after": "2" }), page([runner(1)]));
        expect(await clientOf(github).list(never)).to.have.length(1);
        expect(github.requests).to.have.length(2);
      });

      it(`that do not pass after a wait are reported, after two requests that answer ${status}`, async () => {
        github.on(LIST, json(status, { message: SECONDARY }, { "retry-after": "2" }));
        expect(await listFailure()).to.be.instanceOf(RateLimitError);
        expect(github.requests).to.have.length(2);
      });
    }

    it("of the primary kind that end soon are waited for once", async () => {
      const soon = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW / 1000 + 2) };
      github.on(LIST, json(403, { message: PRIMARY }, soon), page([runner(1)]));
      expect(await clientOf(github, { clock }).list(never)).to.have.length(1);
      expect(github.requests).to.have.length(2);
    });

    it("of a registration that end soon are waited for: GitHub has refused it", async () => {
      github.on(REGISTER, json(403, { message: SECONDARY }, { "retry-after": "2" }), registered(7));
      expect(await clientOf(github).register("app-0-7", ["x"], never)).to.have.property("id", 7);
    });

    it("of a registration are no lost answer: the name stays free", async () => {
      github.on(REGISTER, json(403, { message: SECONDARY }, { "retry-after": "120" }));
      const error = await rejection(clientOf(github).register("app-0-1", ["x"], never));
      expect(error).to.be.instanceOf(RateLimitError);
      expect(github.requests).to.have.length(1);
    });
  });

  describe("a server error", () => {
    const unavailable = (seconds: number) =>
      json(503, { message: "Unavailable" }, { "retry-after": String(seconds) });

    it("that asks for a pause is given it", async () => {
      github.on(LIST, unavailable(5), page([runner(1)]));
      expect(await clientOf(github, { secondMs: 20 }).list(never)).to.have.length(1);
      const [first, second] = github.requests.map(({ at }) => at);
      expect(Number(second) - Number(first)).to.be.at.least(95);
    });

    it("that asks for a longer pause than a request may take is reported at once", async () => {
      github.on(LIST, unavailable(6));
      expect(await listFailure())
        .to.be.instanceOf(UnavailableError)
        .with.property("status", 503);
      expect(github.requests).to.have.length(1);
    });
  });

  describe("deadlines and aborts", () => {
    for (const [title, answer] of [
      ["never answers", silent],
      [
        "stops in the middle of a body",
        (response) => {
          response.writeHead(200, { "content-type": "application/json" });
          response.write('{"total_count":');
        },
      ],
    ] as const satisfies [string, typeof silent][]) {
      it(`end a call to a server that ${title}`, async () => {
        github.on(LIST, answer);
        const error = await listFailure({ deadlineMs: 150 });
        expect(error)
          .to.be.instanceOf(GithubDeadlineError)
          .and.to.include({ limitMs: 150, code: "github-deadline" });
      });
    }

    it("end the wait between retries", async () => {
      github.on(LIST, json(500, {}));
      // Without an end of the wait, the test would take longer than it may.
      const endless = { deadlineMs: 1000, secondMs: 10 * 60_000 };
      expect(await listFailure(endless)).to.be.instanceOf(GithubDeadlineError);
      expect(github.requests).to.have.length(1);
    });

    for (const [title, answer] of [
      ["a request", silent],
      ["the wait between retries", json(500, {})],
      ["the wait for a rate limit", json(403, { message: SECONDARY }, { "retry-after": "2" })],
    ] as const) {
      it(`reject with the caller's reason when ${title} is aborted, and send nothing afterwards`, async () => {
        const reason = new Error("the unit stops");
        const caller = new AbortController();
        github.on(LIST, (response, request) => {
          answer(response, request);
          setTimeout(() => {
            caller.abort(reason);
          }, 20);
        });
        const error = await rejection(clientOf(github, { secondMs: 100 }).list(caller.signal));
        expect(error).to.equal(reason);
        await new Promise((resolve) => setTimeout(resolve, 250));
        expect(github.requests).to.have.length(1);
      });
    }

    it("reject at once when the signal is aborted before, without a request", async () => {
      const reason = new Error("the unit stops");
      const error = await rejection(clientOf(github).list(AbortSignal.abort(reason)));
      expect(error).to.equal(reason);
      expect(github.requests).to.have.length(0);
    });

    it("reject a registration that waits for its turn", async () => {
      const reason = new Error("the unit stops");
      const caller = new AbortController();
      const forge = clientOf(github, { writeRate: { burst: 0, perSecond: 0.1 } });
      const registering = rejection(forge.register("app-0-1", ["x"], caller.signal));
      caller.abort(reason);
      expect(await registering).to.equal(reason);
      expect(github.requests).to.have.length(0);
    });
  });

  describe("and the token", () => {
    const echo = { message: `Token ${TOKEN} is bad`, errors: [`token ${TOKEN}`] };
    for (const [title, answer] of [
      ...[400, 401, 403, 404, 409, 422, 429, 500].map(
        (status) => [`${status} that repeats it`, json(status, echo)] as const,
      ),
      [
        "scopes that repeat it",
        json(403, echo, { "x-oauth-scopes": TOKEN, "x-accepted-github-permissions": TOKEN }),
      ],
      ["HTML that repeats it", raw(502, `<p>${TOKEN}</p>`, { "content-type": "text/html" })],
      ["a good status and garbage that repeats it", raw(200, TOKEN, { "content-type": "text/plain" })],
      ["a connection that is reset", reset],
      ["no answer", silent],
    ] as const) {
      it(`it is in no part of the error and in no line of the log: ${title}`, async () => {
        const lines: string[] = [];
        const log = createLogger(
          (_level, line) => lines.push(line),
          (text) => text,
        );
        github.on(LIST, answer).on(REGISTER, answer);
        const forge = clientOf(github, { log, deadlineMs: 400 });
        for (const attempt of [forge.list(never), forge.register("app-0-1", ["x"], never)]) {
          const error = await rejection(attempt);
          const shown = inspect(error, { depth: Infinity, showHidden: true });
          expect(error).to.be.instanceOf(GithubError);
          expect(shown).not.to.contain(TOKEN);
          expect(JSON.stringify(error)).not.to.contain(TOKEN);
        }
        expect(lines.join("\n")).not.to.contain(TOKEN);
      });
    }
  });
});

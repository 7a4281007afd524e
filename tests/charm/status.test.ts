import { expect } from "chai";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigurationError } from "../../src/charm/configuration-faults.ts";
import { describeCounts, statusOf, summarise } from "../../src/charm/status.ts";
import { BadCredentialsError, RateLimitError } from "../../src/github/errors.ts";
import {
  BaseImageError,
  BaseImageServerError,
  ImageBuildError,
  LxdMissingError,
} from "../../src/lxd/errors.ts";
import { LxdError, LxdUnreachableError } from "lxd-client";
import { RunnerCreateError } from "../../src/runners/errors.ts";
import type { RunnerCounts } from "../../src/runners/observed-runner.ts";
import { DeadlineError, CodedError } from "charm-kit";

const SOURCES = join(import.meta.dirname, "../..");

function counts(online: number, busy = 0, offline = 0, unknown = 0): RunnerCounts {
  const names = Array.from({ length: online + busy + offline + unknown }, (_, index) => `runner-${index}`);
  return { online, busy, offline, unknown, names, busyNames: names.slice(0, busy) };
}

/** An error of a given code, as any part of the charm may throw it. */
function errorOf(code: string, message = "it failed"): CodedError {
  return new (class TestError extends CodedError {
    readonly code = code;
  })(message);
}

describe("describeCounts()", () => {
  const rows: readonly (readonly [RunnerCounts, string])[] = [
    [counts(0), "0 runners"],
    [counts(1), "1 runner: 1 idle"],
    [counts(5, 3), "8 runners: 5 idle, 3 busy"],
    [counts(0, 2), "2 runners: 2 busy"],
    [counts(0, 0, 1, 2), "3 runners: 3 starting or ending"],
    [counts(1, 1, 1, 0), "3 runners: 1 idle, 1 busy, 1 starting or ending"],
  ];
  for (const [counted, text] of rows) {
    it(`says "${text}"`, () => {
      expect(describeCounts(counted)).to.equal(text);
    });
  }
});

describe("summarise()", () => {
  const cause = new Error("no space\n left  on device");
  const failed = new RunnerCreateError("runner-0", "it failed", { cause });
  const rows: readonly (readonly [string, RunnerCounts, number, readonly Error[], string])[] = [
    ["all are there", counts(2), 2, [], "active: 2 runners: 2 idle"],
    ["none is wanted", counts(0), 0, [], "active: 0 runners"],
    [
      "some could not be made",
      counts(4, 2),
      8,
      [failed],
      "active: 6 of 8 runners; retrying: no space left on device",
    ],
    [
      "none could be made",
      counts(0),
      8,
      [failed],
      "maintenance: No runner of 8 yet; retrying: no space left on device",
    ],
    ["something failed and all are there", counts(2), 2, [failed], "active: 2 runners: 2 idle"],
    ["more are there than wanted", counts(0, 3), 1, [], "active: 3 runners: 3 busy"],
  ];
  for (const [title, counted, wanted, failures, text] of rows) {
    it(`says "${text}" when ${title}`, () => {
      const { name, message } = summarise(counted, wanted, { failures, notices: [] });
      expect(`${name}: ${message}`).to.equal(text);
    });
  }

  it("cuts a reason that goes on for pages", () => {
    const { message } = summarise(counts(1), 2, { failures: [new Error("x".repeat(5000))], notices: [] });
    expect(message.length).to.be.lessThan(500);
    expect(message).to.match(/x…$/);
  });
});

describe("statusOf()", () => {
  const action = "list runners";
  const resetAt = Date.UTC(2026, 0, 2, 3, 4, 5);
  const rows: readonly (readonly [Error, RegExp])[] = [
    [new ConfigurationError([{ option: "path", text: "missing" }]), /^blocked: path: missing$/],
    [new LxdMissingError(), /^blocked: Cannot find LXD on this machine.*snap install lxd/],
    [new LxdUnreachableError(action, "refused", "/s"), /^blocked: .*has no listener; start the LXD daemon/],
    [
      new BaseImageError({ server: undefined, alias: "jammy" }),
      /^blocked: .*LXD has no image with the alias 'jammy'; import one/,
    ],
    [
      new BaseImageError({ server: "https://mirror.example", alias: "jamy" }),
      /^blocked: .*mirror.example has no image with the alias 'jamy'; set base-image/,
    ],
    [
      new BaseImageServerError("jammy", "https://mirror.example", { detail: "no route to host" }),
      /^waiting: Cannot fetch the base image 'jammy' from https:..mirror.example: no route to host; let LXD/,
    ],
    [new BadCredentialsError(action, {}), /^blocked: Invalid token: .*wrong, expired or revoked$/],
    [
      new RateLimitError(action, { limit: "primary", resetAt }, {}),
      /^waiting: .*rate limit is reached until 2026-01-02T03:04:05/,
    ],
    [
      new ImageBuildError("publishing", "no space"),
      /^maintenance: Retrying: .*image \(publishing\): no space$/,
    ],
    [new LxdError(action, 500, "no"), /^maintenance: Retrying: .*LXD answered 500, no$/],
    [new DeadlineError(action, 1500), /^maintenance: Retrying: .*no answer within 1.5 seconds$/],
  ];
  for (const [error, text] of rows) {
    it(`shows ${error.name} as ${String(text)}`, () => {
      const { name, message } = statusOf(error) ?? expect.fail("it has no status");
      expect(`${name}: ${message}`).to.match(text);
    });
  }

  it("has none for an error of a programmer", () => {
    expect(statusOf(new TypeError("x is not a function"))).to.equal(undefined);
    expect(statusOf("thrown text")).to.equal(undefined);
    expect(statusOf(undefined)).to.equal(undefined);
  });

  it("has one line of bounded length, whatever the error says", () => {
    const { message } = statusOf(errorOf("lxd", "a\nb  c\n".repeat(1000))) ?? expect.fail("it has no status");
    expect(message).not.to.include("\n");
    expect(message.length).to.be.lessThan(500);
  });

  /** Codes for which a hook fails, or which never reach a handler's end: each with the reason. */
  const without: Readonly<Record<string, string>> = {
    "answer-too-large": "the cause of github-unavailable, which tells it",
    "github-name-taken": "one runner's, told by the summary",
    "github-registration-lost": "one runner's, told by the summary",
    "policy-service": "one runner's, told by the summary",
    "guest-value": "one runner's, told by the summary",
    "hand-over": "one runner's, told by the summary",
    "lxd-operation-unseen": "one runner's, told by the summary",
    "lxd-output-limit": "one runner's, told by the summary",
    "metrics-log": "told in the log",
    "metrics-program": "told in the log",
    "not-destroyed": "one runner's, told by the summary",
    "runner-create": "told by the summary",
    "runner-logs": "told in the log",
    "runner-unknown": "an action's failure, in its own words",
    "runner-remove": "told by the summary",
    "application-ended": "told by the summary, as the cause of a runner that could not be made",
    "github-path": "a fault of the configuration, told by it",
    "github-url": "a fault of the configuration, told by it",
  };

  /** Codes of errors, read from the sources. Those of the framework are Juju's trouble: the hook fails, Juju retries. */
  const codes = globSync("{src,packages/{kit,lxd-client}/src}/**/*.ts", {
    cwd: SOURCES,
  })
    .flatMap((path) => [
      ...readFileSync(join(SOURCES, path), "utf8").matchAll(/^ {2}(?:override )?readonly code = "([^"]+)"/gm),
    ])
    .map(([, code = ""]) => code);

  it("is decided for every code of the charm's errors", () => {
    expect(codes).to.include.members(["configuration", "lxd", "github-rate-limit"]);
    const undecided = codes.filter((code) => !statusOf(errorOf(code)) && !(code in without));
    expect(undecided).to.deep.equal([]);
  });

  it("is decided one way only, and for no code that is not there", () => {
    const both = Object.keys(without).filter((code) => statusOf(errorOf(code)));
    expect(both).to.deep.equal([]);
    expect(Object.keys(without).filter((code) => !codes.includes(code))).to.deep.equal([]);
  });
});

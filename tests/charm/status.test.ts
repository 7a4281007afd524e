import { expect } from "chai";
import { sampleStatus } from "../service/sample-status.ts";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigurationError } from "../../src/charm/configuration-faults.ts";
import { describeCounts, statusOf, summarise, summariseService } from "../../src/charm/status.ts";
import type { FailureStatus, ServiceStatus } from "../../src/unit/service-status.ts";
import { tellError, type ToldError } from "../../src/unit/told-error.ts";
import { BadCredentialsError, RateLimitError, RefusedError } from "../../src/github/errors.ts";
import {
  BaseImageError,
  BaseImageServerError,
  ImageBuildError,
  LxdMissingError,
} from "../../src/lxd/errors.ts";
import { LxdError, LxdUnreachableError } from "lxd-client";
import { RunnerCreateError } from "../../src/runners/errors.ts";
import type { RunnerCounts } from "../../src/runners/observed-runner.ts";
import { CodedError, DeadlineError, type Remedy } from "charm-kit";

const SOURCES = join(import.meta.dirname, "../..");

function counts(online: number, busy = 0, offline = 0, unknown = 0): RunnerCounts {
  const names = Array.from({ length: online + busy + offline + unknown }, (_, index) => `runner-${index}`);
  return { online, busy, offline, unknown, names, busyNames: names.slice(0, busy), standby: 0 };
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
    [{ ...counts(5, 3), standby: 2 }, "8 runners: 5 idle, 3 busy; 2 on standby"],
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
  const refusal = new RefusedError("register runner 'a'", "GitHub answered 403 (archived); unarchive it", {});
  const limited = new RateLimitError(
    "register runner 'a'",
    { limit: "secondary", resetAt: Date.UTC(2026, 0, 1) },
    {},
  );
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
    [
      "GitHub refuses them",
      counts(0),
      8,
      [failed, new RunnerCreateError("runner-1", "", { cause: refusal })],
      "blocked: Cannot register runner 'a': GitHub refuses it, GitHub answered 403 (archived); unarchive it",
    ],
    [
      "a rate limit is reached",
      counts(0),
      8,
      [new RunnerCreateError("runner-1", "", { cause: limited })],
      "waiting: Cannot register runner 'a': GitHub's secondary rate limit is reached until 2026-01-01T00:00:00.000Z",
    ],
    [
      "some are missing without a failure",
      counts(1, 1),
      8,
      [],
      "active: 2 of 8 runners; the next reconcile creates the missing ones",
    ],
    [
      "all are missing without a failure",
      counts(0),
      8,
      [],
      "maintenance: No runner of 8 yet; the next reconcile creates the missing ones",
    ],
    ["something failed and all are there", counts(2), 2, [failed], "active: 2 runners: 2 idle"],
    ["more are there than wanted", counts(0, 3), 1, [], "active: 3 runners: 3 busy"],
  ];
  it("tells how the month stands while all runners are there, and nothing before it means something", () => {
    const tally = { good: 0, total: 0 };
    const standing = { month: "2026-11", refill: { good: 198, total: 200 }, wait: tally, job: tally };
    const told = (present: number, shown = standing) =>
      summarise(counts(present), 2, { failures: [], notices: ["a notice"], standing: shown }).message;
    expect(told(2)).to.equal(
      "2 runners: 2 idle; a notice; this month 99.0 % of 200 replacements within 10 s, no job ended by the unit",
    );
    expect(told(2, { ...standing, refill: tally })).to.equal("2 runners: 2 idle; a notice");
    expect(told(1)).not.to.contain("month");
  });

  for (const [title, counted, wanted, failures, text] of rows) {
    it(`says "${text}" when ${title}`, () => {
      const { name, message } = summarise(counted, wanted, { failures, notices: [] });
      expect(`${name}: ${message}`).to.equal(text);
    });
  }

  it("shows the runners that the machine can hold, and why others are missing", () => {
    const notices = ["1 of 4 missing: the storage pool has 17 GiB, room for 3"];
    const of = (count: number, failures: readonly Error[]) =>
      summarise(counts(count), 4, { failures, notices, capacity: 3 });
    expect(of(3, [])).to.deep.equal({ name: "active", message: `3 runners: 3 idle; ${notices[0]}` });
    expect(of(2, [])).to.deep.equal({
      name: "active",
      message: `2 of 4 runners; the next reconcile creates the missing ones; ${notices[0]}`,
    });
  });

  it("tells of an evacuated member of a cluster, of the jobs on it, and of what comes next, as no failure", () => {
    const of = (idle: number, busy: number) =>
      summarise(counts(idle, busy), 2, { failures: [], notices: [], capacity: 0, evacuated: "m1" });
    const then = "runners are created again once it is restored (lxc cluster restore m1)";
    expect(of(0, 1)).to.deep.equal({
      name: "active",
      message: `1 runner: 1 busy; LXD cluster member m1 is evacuated: 1 job runs to its end, and ${then}`,
    });
    expect(of(1, 2).message).to.equal(
      `3 runners: 1 idle, 2 busy; LXD cluster member m1 is evacuated: 2 jobs run to their ends, and ${then}`,
    );
    expect(of(0, 0)).to.deep.equal({
      name: "waiting",
      message: `LXD cluster member m1 is evacuated: ${then}`,
    });
  });

  it("counts runners in place of lost ones to the wanted ones", () => {
    const notices = ["virtual-machines + 1, in place of runners on LXD cluster members that are off"];
    const of = (idle: number, capacity?: number) =>
      summarise(counts(idle), 2, { failures: [], notices, replacing: 1, ...(capacity && { capacity }) })
        .message;
    expect(of(3)).to.equal(`3 runners: 3 idle; ${notices[0]}`);
    expect(of(2)).to.equal(`2 of 3 runners; the next reconcile creates the missing ones; ${notices[0]}`);
    expect(of(2, 2)).to.equal(`2 runners: 2 idle; ${notices[0]}`);
    const service = { ...sampleStatus(), wanted: 2, capacity: 3, replacing: 1, counts: counts(2) };
    expect(summariseService(service)?.message).to.match(/^2 of 3 runners/);
  });

  it("tells notices too when no runner is there", () => {
    const { message } = summarise(counts(0), 2, { failures: [failed], notices: ["one at a time"] });
    expect(message).to.equal("No runner of 2 yet; retrying: no space left on device; one at a time");
  });

  it("counts the runners that wait for a successor, with the reason", () => {
    const { name, message } = summarise(counts(2), 2, { failures: [failed], notices: [], waiting: 2 });
    expect(`${name}: ${message}`).to.equal(
      "active: 2 runners: 2 idle; 2 keep their earlier configuration until a successor is online; retrying: no space left on device",
    );
  });

  it("tells when the next attempt is, where there is one", () => {
    const next = "next attempt by 03:12 UTC";
    const { message } = summarise(counts(1), 2, { failures: [failed], notices: ["a notice"], next });
    expect(message).to.equal(`1 of 2 runners; retrying: no space left on device; a notice; ${next}`);
    expect(summarise(counts(2), 2, { failures: [], notices: [], next }).message).not.to.include(next);
  });

  it("shortens a long reason", () => {
    const { message } = summarise(counts(1), 2, { failures: [new Error("x".repeat(5000))], notices: [] });
    expect(message.length).to.be.lessThan(500);
    expect(message).to.match(/x…$/);
  });
});

describe("summariseService()", () => {
  const NEXT_AT = Date.UTC(2026, 0, 1, 3, 4, 5);
  const next = "next attempt by 03:05 UTC";
  const service = sampleStatus({ activity: { state: "waiting", until: NEXT_AT }, counts: counts(2) });
  const textOf = (change: Partial<ServiceStatus>) => {
    const { name, message } = summariseService({ ...service, ...change }) ?? {};
    return `${name}: ${message}`;
  };
  const failureOf = (error: Error, concern: FailureStatus["concern"] = "creation"): FailureStatus => ({
    cause: "any",
    concern,
    count: 3,
    reason: error.message,
    error: tellError(error),
    nextAt: NEXT_AT,
  });
  const full = new RunnerCreateError("runner-0", "it failed", { cause: new Error("LXD is full") });

  it("says what a reconcile would say", () => {
    expect(textOf({})).to.equal("active: 2 runners: 2 idle");
    expect(textOf({ notices: ["a notice"] })).to.equal("active: 2 runners: 2 idle; a notice");
  });

  it("tells the reason and the time of the next attempt while runners are missing", () => {
    expect(textOf({ counts: counts(1), failures: [failureOf(full)], nextAttemptAt: NEXT_AT })).to.equal(
      "active: 1 of 2 runners; retrying: LXD is full; next attempt by 03:05 UTC",
    );
  });

  it("tells the reason why runners are missing, and not why others cannot be removed", () => {
    const failures = [failureOf(new Error("it is in use"), "removal"), failureOf(full)];
    expect(textOf({ counts: counts(1), failures })).to.equal(
      `active: 1 of 2 runners; retrying: LXD is full; ${next}`,
    );
  });

  it("is blocked without runners by a failure that only a person can end", () => {
    const refused = new RefusedError(
      "register runner 'a'",
      "GitHub answered 403 (archived); unarchive it",
      {},
    );
    const failed = new RunnerCreateError("runner-0", "", { cause: refused });
    expect(textOf({ counts: counts(0), failures: [failureOf(failed)], nextAttemptAt: NEXT_AT })).to.equal(
      "blocked: Cannot register runner 'a': GitHub refuses it, GitHub answered 403 (archived); unarchive it",
    );
  });

  it("shows the runners that the machine can hold", () => {
    const notices = ["2 of 5 missing: the storage pool has 17 GiB, room for 3"];
    expect(textOf({ counts: counts(3), wanted: 5, capacity: 3, notices })).to.equal(
      `active: 3 runners: 3 idle; ${notices[0]}`,
    );
    expect(textOf({ counts: counts(2), wanted: 5, capacity: 3, notices })).to.equal(
      `active: 2 of 5 runners; the next reconcile creates the missing ones; ${notices[0]}; ${next}`,
    );
  });

  it("tells no time while a round is at work on what is missing", () => {
    const activity = { state: "working", since: NEXT_AT, why: ["interval"] } as const;
    expect(textOf({ counts: counts(1), activity })).to.equal(
      "active: 1 of 2 runners; the next reconcile creates the missing ones",
    );
  });

  const faults: readonly Error[] = [
    new BadCredentialsError("list runners", {}),
    new RateLimitError("list runners", { limit: "primary", resetAt: NEXT_AT }, {}),
    new LxdMissingError(),
    new LxdUnreachableError("list the instances", "lost", "/s"),
    new LxdUnreachableError("list the instances", "missing", "/s"),
    new LxdError("list the instances", 500, "no"),
    new DeadlineError("list the instances", 1500),
  ];
  for (const fault of faults) {
    it(`shows ${fault.name} of a whole round as a hook does: ${fault.message}`, () => {
      const told = JSON.parse(JSON.stringify(tellError(fault))) as ToldError;
      expect(summariseService({ ...service, fault: told, nextAttemptAt: NEXT_AT })).to.deep.equal(
        statusOf(fault, next),
      );
      expect(summariseService({ ...service, fault: told, counts: undefined })).to.deep.equal(
        statusOf(fault, next),
      );
    });
  }

  it("is undefined after an error that is no condition: the hook looks itself", () => {
    expect(summariseService({ ...service, fault: tellError(new TypeError("x is not a function")) })).to.equal(
      undefined,
    );
  });

  it("is undefined without a runner image, which a hook builds", () => {
    expect(summariseService({ ...service, image: "missing" })).to.equal(undefined);
    expect(summariseService({ ...service, image: "due" })).not.to.equal(undefined);
  });

  it("is undefined before the first round", () => {
    expect(summariseService({ ...service, counts: undefined })).to.equal(undefined);
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
      new BaseImageError({ server: undefined, alias: "jammy" }, { wanted: "virtual-machine" }),
      /^blocked: .*'jammy' is none for instance-type=virtual-machine; import one, or set base-image, or instance-type$/,
    ],
    [
      new BaseImageError({ server: "https://mirror.example", alias: "jamy" }),
      /^blocked: .*mirror.example has no image with the alias 'jamy'; set base-image/,
    ],
    [
      new BaseImageServerError("jammy", "https://mirror.example", { detail: "no route to host" }),
      /^waiting: Cannot fetch the base image 'jammy' from https:..mirror.example: no route to host; let LXD/,
    ],
    [
      new BadCredentialsError(action, {}),
      /^blocked: Invalid token: .*wrong, expired or revoked; set a valid one$/,
    ],
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

  it("is undefined for a programming error", () => {
    expect(statusOf(new TypeError("x is not a function"))).to.equal(undefined);
    expect(statusOf("thrown text")).to.equal(undefined);
    expect(statusOf(undefined)).to.equal(undefined);
  });

  it("is one line of bounded length", () => {
    const { message } = statusOf(errorOf("lxd", "a\nb  c\n".repeat(1000))) ?? expect.fail("it has no status");
    expect(message).not.to.include("\n");
    expect(message.length).to.be.lessThan(500);
  });

  /** Who ends each condition; all others are of single runners, or told in the log, and the next try ends them. */
  const remedies: Readonly<Record<string, Remedy>> = {
    configuration: "person",
    "immutable-option": "person",
    "unit-name": "person",
    "debug-ssh": "person",
    "lxd-missing": "person",
    "lxd-install": "person",
    "no-virtual-machines": "person",
    process: "retry",
    "pool-too-small": "person",
    "storage-missing": "person",
    "pool-file": "person",
    "lxd-program-missing": "person",
    "foreign-object": "person",
    "base-image": "person",
    "base-image-server": "outside",
    archive: "person",
    "archive-download": "outside",
    "no-free-subnet": "person",
    "subnet-taken": "person",
    "no-free-port": "person",
    "packet-filter": "person",
    "firewall-unsupported": "person",
    "github-bad-credentials": "person",
    "github-app": "person",
    "github-url": "person",
    "guest-value": "person",
    "service-settings-stuck": "person",
    "service-socket-taken": "person",
    "github-path": "person",
    "github-access-blocked": "person",
    "github-missing-permission": "person",
    "github-not-found": "person",
    "github-runner-group": "person",
    "github-rate-limit": "outside",
    "github-scale-set-session": "outside",
    "github-scale-set-taken": "person",
    "github-scale-sets-missing": "person",
    "github-unavailable": "outside",
    "github-deadline": "outside",
    "member-evacuated": "outside",
    "github-refused": "person",
    systemd: "retry",
    locked: "retry",
    deadline: "retry",
  };

  /** Codes and remedies of conditions, read from the sources. */
  const conditions = globSync("{src,packages/kit/src}/**/*.ts", { cwd: SOURCES })
    .flatMap((path) => [
      ...readFileSync(join(SOURCES, path), "utf8").matchAll(
        /^ {2}(?:override )?readonly code = "([^"]+)";\n {2}(?:override )?readonly remedy = "([^"]+)";/gm,
      ),
    ])
    .map(([, code = "", remedy = ""]) => [code, remedy] as const);

  it("follows the remedy of the condition", () => {
    expect(conditions).to.have.length.above(43);
    const expected = conditions.map(([code]) => [code, remedies[code] ?? "retry"]);
    expect(conditions).to.deep.equal(expected);
    const codes = conditions.map(([code]) => code);
    expect(Object.keys(remedies).filter((code) => !codes.includes(code))).to.deep.equal([]);
  });

  it("is defined for every error of the LXD client", () => {
    const codes = [
      ...readFileSync(join(SOURCES, "packages/lxd-client/src/errors.ts"), "utf8").matchAll(
        /^ {2}(?:override )?readonly code = "([^"]+)"/gm,
      ),
    ].map(([, code = ""]) => code);
    expect(codes).to.have.length.above(4);
    expect(codes.map((code) => `${code} ${statusOf(errorOf(code))?.name}`)).to.deep.equal(
      codes.map((code) => `${code} ${code === "lxd-unreachable" ? "blocked" : "maintenance"}`),
    );
  });

  it("is undefined for framework errors: Juju retries the hook", () => {
    expect(statusOf(errorOf("hook-tool"))).to.equal(undefined);
  });
});

describe("the status of a connection to LXD", () => {
  const cause = Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" });
  const unreachable = (reason: "lost" | "missing" | "refused") =>
    new LxdUnreachableError("list the instances", reason, "/s", { cause });

  it("is a retry when it broke during a call, and a person's when there is no LXD to call", () => {
    expect(statusOf(unreachable("lost"))?.name).to.equal("maintenance");
    expect(statusOf(unreachable("lost"))?.message).to.match(/^Retrying: Cannot list the instances: /);
    for (const reason of ["missing", "refused"] as const)
      expect(statusOf(unreachable(reason))?.name, reason).to.equal("blocked");
  });

  it("says what was being done, also for a single runner, and not what the socket's library says", () => {
    const failure = new RunnerCreateError("runner-0", "it failed", { cause: unreachable("lost") });
    const { message } = summarise(counts(1), 2, { failures: [failure], notices: [] });
    expect(message).to.match(
      /^1 of 2 runners; retrying: Cannot list the instances: the LXD socket \/s closed/,
    );
  });
});

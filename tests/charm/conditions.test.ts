import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { ConditionError } from "charm-kit";
import { DeadlineError, LockedError, ProcessError } from "charm-kit";
import { LxdError, LxdUnreachableError, OperationError } from "lxd-client";
import { ConfigurationError } from "../../src/charm/configuration-faults.ts";
import { DebugSshError } from "../../src/charm/debug-ssh.ts";
import { ImmutableOptionError } from "../../src/charm/immutable-options.ts";
import { nextAttempt, statusOf } from "../../src/charm/status.ts";
import { GithubUrlError } from "../../src/github/api-base-url.ts";
import { AnswerTooLargeError } from "../../src/github/bounded-fetch.ts";
import * as github from "../../src/github/errors.ts";
import { forbiddenError } from "../../src/github/forbidden.ts";
import { GithubPathError } from "../../src/github/path.ts";
import { GuestValueError } from "../../src/guest/plain-value.ts";
import { ArchiveDownloadError, ArchiveError } from "../../src/host/archive-store.ts";
import { NoFreeSubnetError, SubnetTakenError } from "../../src/host/free-subnet.ts";
import { LxdInstallError } from "../../src/host/lxd-installer.ts";
import { VirtualMachinesError } from "../../src/host/machine-check.ts";
import { PacketFilterError } from "../../src/host/packet-filter.ts";
import { PoolFileError, StorageMissingError } from "../../src/host/pool-errors.ts";
import { SystemdError } from "../../src/host/systemd-timers.ts";
import * as lxd from "../../src/lxd/errors.ts";
import { PoolTooSmallError } from "../../src/lxd/pool-space.ts";
import { MetricsLogError } from "../../src/metrics/event-log.ts";
import { PolicyServiceError } from "../../src/policy/external-policy.ts";
import * as runners from "../../src/runners/errors.ts";
import { UnitNameError } from "../../src/runners/runner-name.ts";
import { SocketTakenError } from "../../src/service/service-api.ts";
import { OutdatedSettingsError } from "../../src/service/unit-rounds.ts";
import { ServiceSettingsError } from "../../src/unit/service-settings.ts";
import { SettingsStuckError } from "../../src/unit/settings-file.ts";
import { RunnerUnknownError } from "../../src/unit/collect-logs.ts";
import { MemberEvacuatedError } from "../../src/unit/evacuation.ts";

const SOURCES = join(import.meta.dirname, "../..");
const NEXT = "next attempt by 03:12 UTC";
const DOING = "list the runners of 'acme'";
const application = {
  version: "2.337.0",
  filename: "a.tar.gz",
  downloadUrl: "https://a.example",
  sha256: undefined,
  downloadToken: undefined,
};
const failed = { exitCode: 1, killedBy: undefined, stdout: "", stderr: "no", truncated: false };
const refusal = (message: string) => ({ status: 403, message, headers: {}, requestId: undefined });
const forbidden = (message: string) =>
  forbiddenError(refusal(message), {
    action: DOING,
    detail: `GitHub answered 403 (${message})`,
    permission: "'repo'",
  });

/** One error of each class that a status can show, with the texts of the code that throws it. */
const SAMPLES: readonly (ConditionError | LxdError | LxdUnreachableError | OperationError)[] = [
  new ConfigurationError([{ option: "vm-cpu", text: "0 is too small; use 1 or more" }]),
  new ImmutableOptionError(["base-image"]),
  new DebugSshError("tmate/0", "port", "a number from 1 to 65535"),
  new UnitNameError(
    "Cannot name runners of 'a/0': too long; deploy under a name that is 3 characters shorter",
  ),
  new GithubUrlError("it has a query"),
  new GithubPathError("it is empty"),
  new github.BadCredentialsError(DOING, {}),
  new github.AppRefusedError(DOING, "GitHub refuses its key; set github-app-private-key", {}),
  new github.MissingPermissionError(
    DOING,
    { needed: "'repo'", granted: undefined, accepted: undefined, detail: "no" },
    {},
  ),
  forbidden("Resource protected by organization SAML enforcement"),
  forbidden("the account is suspended"),
  forbidden("the IP allow list keeps you out"),
  forbidden("Repository was archived"),
  new github.NotFoundError(DOING, "acme", {}),
  new github.RefusedError(DOING, "GitHub answered 422 (no); correct what its answer names", {}),
  new github.RunnerGroupError("fast", "acme", ["slow"]),
  new github.ScaleSetsMissingError(
    DOING,
    "GitHub answered 404; set scaling=fixed, or upgrade the server",
    {},
  ),
  new github.RateLimitError(DOING, { limit: "primary", resetAt: 0 }, {}),
  new github.ScaleSetTakenError("runners-0", "runners-1"),
  new github.ScaleSetSessionError(DOING, "another session of this scale set is alive"),
  new github.UnavailableError(DOING, "GitHub answered 502"),
  new github.GithubDeadlineError(DOING, 1000, {}),
  new github.NameTakenError("a-0-1", {}),
  new github.RegistrationLostError("a-0-1", true, new github.UnavailableError(DOING, "502")),
  new AnswerTooLargeError(1024, "on the wire"),
  new lxd.LxdMissingError(),
  new LxdInstallError("it is not installed"),
  new lxd.BootstrapError("a-0-1", "it prints no answer"),
  new lxd.InstanceStartError("a-0-1", "no idmap"),
  new lxd.NotDestroyedError("a-0-1"),
  new lxd.BaseImageError({ server: undefined, alias: "jammy" }),
  new lxd.BaseImageServerError("jammy", "https://mirror.example", { detail: "no route" }),
  new lxd.ImageBuildError("publishing", "no space left"),
  new lxd.ImageBuildError("packages", "E: Unable to locate package jqq"),
  new lxd.ForeignObjectError("storage pool 'a-0'", "1c2d3e4f/a/0"),
  new lxd.ProgramMissingError("build the runner image", "zstd"),
  new lxd.FirewallUnsupportedError(),
  new lxd.NoFreePortError("ghr-1", 250),
  new lxd.BridgeLostError("ghr-1", "it is down", "it was gone"),
  new PoolTooSmallError(4, { required: 4e10, present: 1e10, isShared: false }),
  new PoolTooSmallError(4, { required: 4e10, present: 1e10, isShared: true }),
  new PoolFileError("/storage/juju/a-0.img"),
  new StorageMissingError("/storage/juju"),
  new NoFreeSubnetError(),
  new SubnetTakenError(
    { family: 4, first: 10n << 24n, prefix: 24 },
    { family: 4, first: 10n << 24n, prefix: 8 },
  ),
  new VirtualMachinesError(["/dev/kvm is missing"]),
  new PacketFilterError("nft is missing; install nftables (apt install nftables)"),
  new SystemdError("start timers", "no such unit"),
  new ArchiveError(
    application,
    "its checksum is wrong; find out who changed it, then run update-dependencies",
  ),
  new ArchiveDownloadError(application, "no route to host"),
  new MetricsLogError("/var/log/a", "no space left"),
  new PolicyServiceError("HTTP status 401, it refuses the charm; correct repo-policy-compliance-token", 401),
  new PolicyServiceError("HTTP status 503, it fails; the next reconcile asks it again", 503),
  new GuestValueError("aproxy-redirect-ports", "ports and ranges of ports"),
  new runners.RunnerCreateError("a-0-1", "it failed"),
  new runners.RunnerRemoveError("a-0-1", "it failed"),
  new runners.RunnerLogsError("a-0-1", "it failed"),
  new runners.StandbyLostError("a-0-1", "it failed"),
  new runners.FormerScopeError("https://github.com/acme", {
    cause: new github.UnavailableError(DOING, "502"),
  }),
  new runners.ApplicationEndedError(1),
  new runners.ApplicationDiedError({ name: "a-0-1", code: 1, seconds: 1, output: "" }),
  new runners.RunnerVanishedError({ name: "a-0-1", code: undefined, seconds: 1, output: "it stopped" }),
  new RunnerUnknownError("b", []),
  new MemberEvacuatedError("machine-2"),
  new ServiceSettingsError("/var/lib/github-runner/a-0/service.json", "damaged", "is damaged"),
  new SettingsStuckError("/var/lib/github-runner/a-0/service.json", { cause: new Error("EROFS") }),
  new SocketTakenError("/var/lib/github-runner/a-0/service.sock"),
  new OutdatedSettingsError(1),
  new DeadlineError("start a-0-1", 1000),
  new LockedError("another reconcile", 900_000),
  new ProcessError("start LXD", ["systemctl", "start", "lxd"], failed as never),
  new LxdUnreachableError(DOING, "refused", "/var/lib/lxd/unix.socket"),
  new LxdError(DOING, 500, "no"),
  new OperationError(DOING, { operationId: "1", detail: "no", metadata: {} }),
];

/** What a person is told to do, as it reads after the state. */
const INSTRUCTION =
  /(?:[;,] |\bor |: )(?:set|use|correct|install|import|deploy|redeploy|attach|lower|upgrade|start|stop|authorise|have|add|unarchive|find out|remove|see|the token needs|are accepted|accepted are)\b|redeploy if needed/;

describe("the conditions of the status", () => {
  it("have one sample each", () => {
    const declared = globSync("{src,packages/kit/src}/**/*.ts", { cwd: SOURCES })
      .map((path) => readFileSync(join(SOURCES, path), "utf8"))
      .flatMap((source) => [
        ...source.matchAll(/^export class (\w+) extends (?:ConditionError|GithubError)\b/gm),
      ])
      .map(([, name = ""]) => name);
    expect(declared).to.have.length.above(45);
    const sampled = new Set(SAMPLES.map(({ name }) => name));
    expect(declared.filter((name) => !sampled.has(name))).to.deep.equal([]);
  });

  for (const sample of SAMPLES) {
    const { name, message = "" } = statusOf(sample, NEXT) ?? {};
    if (name === "blocked") {
      it(`${sample.name} tells a person what to do: ${message.slice(-60)}`, () => {
        expect(message).to.match(INSTRUCTION);
        expect(message).not.to.include(NEXT);
      });
    } else {
      it(`${sample.name} tells when the next attempt is`, () => {
        expect(name).to.be.oneOf(["waiting", "maintenance"]);
        expect(message.endsWith(`; ${NEXT}`), message).to.equal(true);
      });
    }
  }
});

describe("nextAttempt()", () => {
  const now = Date.UTC(2026, 0, 1, 23, 55, 30);

  it("is the latest time at which the timer fires", () => {
    expect(nextAttempt("running", 10, now)).to.equal("next attempt by 00:08 UTC");
  });

  it("says what to do where no timer fires", () => {
    expect(nextAttempt("no-dispatcher", 10, now)).to.equal(
      "next attempt at the next event, or by reconcile-runners: no timers run here",
    );
  });
});

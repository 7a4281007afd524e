import { createServer } from "node:http";
import { once } from "node:events";
import { join } from "node:path";
import { expect } from "chai";
import { silentLogger, systemClock } from "charm-kit";
import type { CheckOutcome } from "../../src/compliance/repository-checks.ts";
import { OneTimeTokens } from "../../src/policy/one-time-tokens.ts";
import { ServiceApi } from "../../src/service/service-api.ts";
import { ServicePolicy } from "../../src/service/service-policy.ts";
import { askPolicyToken } from "../../src/unit/ask-service.ts";
import { BuiltinPolicy } from "../../src/unit/builtin-policy.ts";
import type { RepositoryPolicy } from "../../src/unit/configuration.ts";
import type { ServiceSettings } from "../../src/unit/service-settings.ts";
import { soon } from "../support/patience.ts";
import { rejection } from "../support/rejection.ts";
import { until } from "../support/rig/until.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";
import { sampleSettings } from "./sample-settings.ts";
import { sampleStatus } from "./sample-status.ts";
import { freePort } from "../support/free-port.ts";

const HOST = "127.0.0.1";
const NEVER = new AbortController().signal;

function settingsWith(policy: RepositoryPolicy, revision = 1): ServiceSettings {
  const settings = sampleSettings({ revision });
  return {
    ...settings,
    setup: { ...settings.setup, configuration: { ...settings.setup.configuration, policy } },
  };
}

const BUILTIN = settingsWith({ by: "charm" });
const OFF = settingsWith({ by: "nobody" });

describe("ServicePolicy", () => {
  const temporary = useTemporaryDirectory();
  let settings: ServiceSettings;
  let gateway: string | undefined;
  let gatewayFault: Error | undefined;
  let port: number;
  let policy: ServicePolicy;
  let opened: number[];
  let closed: number[];
  let outcome: (revision: number) => Promise<CheckOutcome>;
  const apis: ServiceApi[] = [];

  beforeEach(async () => {
    [settings, gateway, opened, closed] = [BUILTIN, HOST, [], []];
    gatewayFault = undefined;
    outcome = (revision) => Promise.resolve({ verdict: "refused", text: `by ${revision}` });
    port = await freePort();
    policy = open();
  });
  afterEach(async () => {
    await policy.close();
    for (const api of apis.splice(0)) await api.close();
  });

  const open = () =>
    new ServicePolicy({
      settings: () => Promise.resolve(settings),
      tokens: new OneTimeTokens(join(temporary.path, "policy-tokens"), systemClock),
      open: ({ revision }) => {
        opened.push(revision);
        return {
          checks: { check: () => outcome(revision) },
          close: () => {
            closed.push(revision);
            return Promise.resolve();
          },
        };
      },
      gateway: () => (gatewayFault ? Promise.reject(gatewayFault) : Promise.resolve(gateway)),
      port,
      clock: systemClock,
      log: silentLogger,
    });
  const serve = async () => {
    const path = join(temporary.path, "service.sock");
    const api = new ServiceApi({
      path,
      status: sampleStatus,
      policyToken: (signal) => policy.issue(signal),
      reconcile: () => Promise.resolve(sampleStatus()),
    });
    apis.push(api);
    await api.open();
    return path;
  };
  const check = async (token: string) => {
    const response = await fetch(`http://${HOST}:${port}/push/check-run`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ repository_name: "octo/cat" }),
    });
    return { status: response.status, text: await response.text() };
  };
  const token = async () => {
    const answer = await policy.issue(NEVER);
    if (!("token" in answer)) throw new Error(answer.fault);
    return answer.token;
  };

  it("gives the unit's processes tokens on its socket, with the address for the check", async () => {
    const path = await serve();
    const access = await new BuiltinPolicy({ socket: path, clock: systemClock }).access(NEVER);
    expect(access.url).to.equal(`http://${HOST}:${port}`);
    expect(await check(access.oneTimeToken.reveal())).to.deep.equal({ status: 403, text: "by 1" });
    expect((await check(access.oneTimeToken.reveal())).status).to.equal(401);
  });

  it("knows the tokens of an earlier process", async () => {
    const kept = await token();
    await policy.close();
    policy = open();
    policy.apply(settings);
    await token();
    expect((await check(kept)).status).to.equal(403);
  });

  it("serves again after a start, before anybody asks for a token", async () => {
    const kept = await token();
    await policy.close();
    policy = open();
    policy.apply(settings);
    const answer = await until("an answer", () => check(kept).catch(() => undefined), soon());
    expect(answer.status).to.equal(403);
  });

  it("gives no token without the option, and serves nothing", async () => {
    await token();
    settings = OFF;
    expect(await policy.issue(NEVER))
      .to.have.property("fault")
      .that.contains("without repo-policy=builtin");
    policy.apply(settings);
    const isRefused = () =>
      check("x").then(
        () => false,
        () => true,
      );
    await until("a refused connection", isRefused, soon());
    expect(policy.annotate(sampleStatus()).notices).to.deep.equal(sampleStatus().notices);
  });

  it("gives no token without a bridge, and one as soon as there is one", async () => {
    gateway = undefined;
    expect(await policy.issue(NEVER)).to.deep.equal({ fault: "the runners have no bridge yet" });
    gateway = HOST;
    expect(await policy.issue(NEVER)).to.have.property("token");
  });

  it("gives no token while its port is another program's, and says so in the unit's status", async () => {
    const other = createServer();
    await once(other.listen(port, HOST), "listening");
    const answer = await policy.issue(NEVER);
    expect(answer)
      .to.have.property("fault")
      .that.matches(/EADDRINUSE.*free TCP port/);
    expect(policy.annotate(sampleStatus()).notices.join()).to.contain("cannot serve policy checks");
    await new Promise((resolve) => other.close(resolve));
    expect(await policy.issue(NEVER)).to.have.property("token");
    expect(policy.annotate(sampleStatus()).notices).to.deep.equal(sampleStatus().notices);
  });

  it("blames no port where it cannot find the runners' bridge", async () => {
    gatewayFault = new Error("the LXD socket refuses the connection");
    await policy.issue(NEVER);
    expect(policy.annotate(sampleStatus()).notices.at(-1)).to.equal(
      "cannot serve policy checks (the LXD socket refuses the connection), so no runners are created",
    );
  });

  it("checks with the newest settings, and closes earlier ones with the end of their last check", async () => {
    let release: (() => void) | undefined;
    outcome = async (revision) => {
      if (revision === 1) await new Promise<void>((resolve) => (release = resolve));
      return { verdict: "refused", text: `by ${revision}` };
    };
    const [slow, quick] = [await token(), await token()];
    const early = check(slow);
    await until("the early check", () => Promise.resolve(release !== undefined), soon());
    settings = settingsWith({ by: "charm" }, 2);
    policy.apply(settings);
    expect((await check(quick)).text).to.equal("by 2");
    expect(closed).to.deep.equal([]);
    release?.();
    expect((await early).text).to.equal("by 1");
    expect(opened).to.deep.equal([1, 2]);
    expect(closed).to.deep.equal([1]);
  });
});

describe("BuiltinPolicy", () => {
  const temporary = useTemporaryDirectory();
  /** Its pauses end at once, after something that happens meanwhile. */
  const hurried = (meanwhile: () => Promise<void> = () => systemClock.wait(1, NEVER)) => {
    let at = 0;
    return {
      now: () => at,
      wait: async (delayMs: number, signal?: AbortSignal) => {
        at += delayMs;
        signal?.throwIfAborted();
        await meanwhile();
      },
    };
  };

  it("waits for a service that is just starting", async () => {
    const path = join(temporary.path, "service.sock");
    const api = new ServiceApi({
      path,
      status: sampleStatus,
      policyToken: () => Promise.resolve({ url: "http://10.0.0.1:8470", token: "once" }),
      reconcile: () => Promise.resolve(sampleStatus()),
    });
    let pauses = 0;
    const clock = hurried(async () => {
      pauses += 1;
      if (pauses === 2) await api.open();
    });
    const { url, oneTimeToken } = await new BuiltinPolicy({ socket: path, clock }).access(NEVER);
    expect([url, oneTimeToken.reveal()]).to.deep.equal(["http://10.0.0.1:8470", "once"]);
    await api.close();
  });

  it("says what is missing when its patience ends, and makes no runner", async () => {
    const socket = join(temporary.path, "nothing.sock");
    const policy = new BuiltinPolicy({ socket, clock: hurried(), patienceMs: 50 });
    const failure = await rejection(policy.access(NEVER));
    expect(failure).to.include({ code: "policy-service", remedy: "outside" });
    expect(failure.message).to.equal(
      "Cannot get a one-time token from the repository policy service: the unit's runner service does not answer; update-status starts it again",
    );
  });

  it("tells why the service has no token", async () => {
    const path = join(temporary.path, "service.sock");
    const api = new ServiceApi({
      path,
      status: sampleStatus,
      reconcile: () => Promise.resolve(sampleStatus()),
    });
    await api.open();
    expect(await askPolicyToken(path, NEVER)).to.deep.equal({
      fault: "the runner service checks no repositories",
    });
    const policy = new BuiltinPolicy({ socket: path, clock: hurried(), patienceMs: 50 });
    expect((await rejection(policy.access(NEVER))).message).to.contain(
      "the runner service checks no repositories",
    );
    await api.close();
  });

  it("stops waiting when it is aborted", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const access = new BuiltinPolicy({ socket: join(temporary.path, "x"), clock: systemClock }).access(
      controller.signal,
    );
    controller.abort(reason);
    expect(await rejection(access)).to.equal(reason);
  });
});

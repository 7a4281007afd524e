import { inspect } from "node:util";
import { expect } from "chai";
import sinon from "sinon";
import { RunnerCreateError, RunnerLogsError, RunnerRemoveError } from "../../src/runners/errors.ts";
import { OnlineWitness } from "../../src/runners/online-witness.ts";
import { Runner, type CreateRunnerConfig } from "../../src/runners/runner.ts";
import { DeadlineError, findCause, Secret, systemClock } from "charm-kit";
import { FakeProcess, runnerName, settings } from "./fake-process.ts";
import { FakeSite } from "./fake-site.ts";
import { FakeMachines } from "./fake-machines.ts";
import type { PortCalls, PortVerb } from "./port-calls.ts";
import { rejection } from "../support/rejection.ts";
import { unaborted } from "./signals.ts";

const NAME = runnerName(1);

const createConfig: CreateRunnerConfig = {
  ...settings,
  labels: ["self-hosted", "large"],
  registrationUrl: "https://github.com/octo/cat",
  configHash: "hash-1",
  scopeKey: "scope-1",
  deadline: Date.UTC(2026, 0, 2),
  startUpMs: 5000,
};

/** A runner that is yet to be made, on a site of its own. */
function newRunner() {
  const site = new FakeSite();
  const process = new FakeProcess(site);
  const status = { runnerId: undefined, exist: false, online: false, busy: false };
  return { site, process, calls: process.calls, runner: new Runner(process, { name: NAME }, status) };
}

/** A runner that a reconcile finds on both sides. */
function foundRunner(machine: Parameters<FakeSite["addRunner"]>[1] = {}) {
  const { site, process, calls, runner } = newRunner();
  site.addRunner(NAME, machine);
  const registration = site.registrationOf(NAME)!;
  const status = { runnerId: registration.id, exist: true, online: true, busy: false };
  const found = new Runner(process, runner.config, status, site.machines.get(NAME));
  return { site, process, calls, runner: found };
}

function create(
  runner: Runner,
  change: Partial<CreateRunnerConfig> = {},
  signal = unaborted(),
): Promise<void> {
  return runner.create({ ...createConfig, ...change }, signal);
}

/** Every order that the guest was given, decoded. */
function payloadOf(process: FakeProcess): string[] {
  const lines = process.machines.payloads.get(NAME)?.reveal().split("\n") ?? [];
  return lines.map((line) => {
    const words = line.split(" ");
    const content = Buffer.from(words.pop() ?? "", "base64").toString();
    return words.length === 0 ? line : [...words, content].join(" ");
  });
}

/** Guests whose application gives no answer. */
class SilentMachines extends FakeMachines {
  readonly #site: FakeSite;
  /** Whether the applications get online. */
  connects = true;

  constructor(site: FakeSite, calls: PortCalls) {
    super(site, calls);
    this.#site = site;
  }

  override deliver(
    name: string,
    _payload: Secret,
    signal: AbortSignal,
    waitFor?: (party: string) => void,
  ): Promise<never> {
    waitFor?.("the command in the guest");
    if (this.connects) this.#site.changeRegistration(name, { online: true });
    return new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        reject(signal.reason as Error);
      });
    });
  }
}

describe("Runner", () => {
  it("names the seed's paths in the guest", () => {
    const { runnerApplication, envFile, configScript, runnerScript, preJobScript } = newRunner().runner;
    expect({ runnerApplication, envFile, configScript, runnerScript, preJobScript }).to.deep.equal({
      runnerApplication: "/home/ubuntu/github-runner",
      envFile: "/home/ubuntu/github-runner/.env",
      configScript: "/home/ubuntu/github-runner/config.sh",
      runnerScript: "/home/ubuntu/github-runner/run.sh",
      preJobScript: "/home/ubuntu/github-runner/pre-job.sh",
    });
  });

  describe("create()", () => {
    describe("with a policy service", () => {
      const url = "https://policy.example";

      it("gives the runner a token of its own", async () => {
        const { process, runner } = newRunner();
        const policy = { access: () => Promise.resolve({ url, oneTimeToken: new Secret("one-time") }) };
        await create(runner, { policy });
        const token = payloadOf(process).find((order) => order.includes("/.policy-token "));
        expect(token).to.equal("file 0600 ubuntu /home/ubuntu/github-runner/.policy-token one-time");
      });

      it("makes nothing without one", async () => {
        const { runner, site } = newRunner();
        const refusal = new Error("the service is away");
        const thrown = await rejection(create(runner, { policy: { access: () => Promise.reject(refusal) } }));
        expect(thrown).to.be.instanceOf(RunnerCreateError).with.property("cause", refusal);
        expect(site.machines.size).to.equal(0);
        expect(site.registrationOf(NAME)).to.equal(undefined);
      });
    });

    it("leaves a running instance marked ready, and an online registration of the same name", async () => {
      const { site, runner } = newRunner();
      await create(runner);
      expect(site.machines.get(NAME)).to.include({
        state: "running",
        phase: "ready",
        configHash: "hash-1",
        deadline: createConfig.deadline,
      });
      expect(site.registrationOf(NAME)).to.include({ online: true, busy: false });
      expect(runner.status).to.deep.equal({
        runnerId: site.registrationOf(NAME)?.id,
        exist: true,
        online: true,
        busy: false,
      });
    });

    it("clones the image's template with the given profiles, and registers the labels", async () => {
      const { process, runner, site } = newRunner();
      site.templates.add("template-7");
      await create(runner, { image: "template-7", profiles: ["one", "two"] });
      expect(process.machines.specs.get(NAME)).to.include({ name: NAME, template: "template-7" });
      expect(process.machines.specs.get(NAME)?.profiles).to.deep.equal(["one", "two"]);
      expect(process.forge.labels.get(NAME)).to.deep.equal(["self-hosted", "large"]);
    });

    it("hands the just-in-time configuration over in the environment", async () => {
      const { process, runner } = newRunner();
      await create(runner);
      expect(payloadOf(process)).to.include(
        `environment ACTIONS_RUNNER_INPUT_JITCONFIG private-key-of-${NAME}`,
      );
    });

    it("lets a runner register itself where a registration token is given", async () => {
      const { process, runner } = newRunner();
      await create(runner, { registrationToken: new Secret("registration-token") });
      expect(process.forge.labels.size, "registered by the unit").to.equal(0);
      expect(payloadOf(process)).to.include.members([
        "environment ACTIONS_RUNNER_INPUT_URL https://github.com/octo/cat",
        "environment ACTIONS_RUNNER_INPUT_TOKEN registration-token",
        `environment ACTIONS_RUNNER_INPUT_NAME ${NAME}`,
        "environment ACTIONS_RUNNER_INPUT_LABELS self-hosted,large",
      ]);
    });

    it("lets a runner register itself where the server has no just-in-time configuration", async () => {
      const { site, process, runner } = newRunner();
      process.forge.lacksJustInTime = true;
      await create(runner);
      expect(site.registrationOf(NAME)).to.include({ online: true });
      expect(payloadOf(process)).to.include.members([
        "environment ACTIONS_RUNNER_INPUT_URL https://github.com/octo/cat",
        "environment ACTIONS_RUNNER_INPUT_TOKEN registration-token",
        `environment ACTIONS_RUNNER_INPUT_NAME ${NAME}`,
        "environment ACTIONS_RUNNER_INPUT_LABELS self-hosted,large",
        "environment ACTIONS_RUNNER_INPUT_RUNNERGROUP large",
      ]);
    });

    it("does not wait for LXD before it asks GitHub", async () => {
      const { site, calls, runner } = newRunner();
      calls.holdNext("machines.launch", "forge.register");
      await create(runner);
      expect(site.machines.get(NAME)?.phase).to.equal("ready");
    });

    it("does not wait for GitHub before it starts the instance", async () => {
      const { site, calls, runner } = newRunner();
      calls.holdNext("forge.register", "machines.start");
      await create(runner);
      expect(site.machines.get(NAME)?.phase).to.equal("ready");
    });

    const failures: readonly (readonly [PortVerb, "before" | "after"])[] = [
      ["machines.launch", "before"],
      ["machines.start", "before"],
      ["machines.start", "after"],
      ["forge.register", "before"],
      ["machines.deliver", "before"],
      ["machines.deliver", "after"],
      ["machines.note", "before"],
      ["machines.note", "after"],
    ];
    for (const [verb, moment] of failures) {
      it(`leaves nothing on either side when ${verb} fails ${moment} its effect`, async () => {
        const { site, calls, runner } = newRunner();
        const fault = new Error("the network is gone");
        calls[moment === "before" ? "beforeNext" : "afterNext"](verb, () => {
          throw fault;
        });
        const error = await rejection(create(runner));
        expect(error).to.be.instanceOf(RunnerCreateError);
        expect(error.message).to.equal(`Cannot create runner '${NAME}': the network is gone`);
        expect(error.cause).to.equal(fault);
        expect(site.machineNames()).to.deep.equal([]);
        expect(site.registrationNames()).to.deep.equal([]);
        expect(runner.status).to.deep.equal({
          runnerId: undefined,
          exist: false,
          online: false,
          busy: false,
        });
      });
    }

    it("tells what the guest says of itself when it did not become ready", async () => {
      const { process, calls, runner } = newRunner();
      process.logs.words.set(NAME, "its journal ends with: no disk");
      calls.failNext("machines.note", new Error("LXD is away"));
      const { message } = await rejection(create(runner));
      expect(message).to.equal(`Cannot create runner '${NAME}': LXD is away; its journal ends with: no disk`);
    });

    it("tells the first failure when the second is its consequence", async () => {
      for (const verb of ["forge.register", "machines.launch"] as const) {
        const { site, calls, runner } = newRunner();
        calls.failNext(verb, new Error("the first failure"));
        expect((await rejection(create(runner))).message).to.contain("the first failure");
        expect(site.machineNames()).to.deep.equal([]);
        expect(site.registrationNames()).to.deep.equal([]);
      }
    });

    it("spares a runner that took a job although its delivery was not seen to end", async () => {
      const { site, calls, runner } = newRunner();
      calls.afterNext("machines.deliver", () => {
        site.assignJob(NAME);
        throw new Error("the answer was lost");
      });
      expect(await rejection(create(runner))).to.be.instanceOf(RunnerCreateError);
      expect(site.killedJobs).to.deep.equal([]);
      expect(site.machines.get(NAME)?.state, "unfrozen again").to.equal("running");
      expect(site.registrationOf(NAME)?.busy).to.equal(true);
    });

    it("spares a runner that has a job by then, although GitHub lists it as idle and would delete it", async () => {
      const { site, calls, runner } = newRunner();
      calls.beforeNext("machines.note", () => {
        site.unseenJobs.add(NAME);
        throw new Error("LXD is gone");
      });
      const error = await rejection(create(runner));
      expect(error).to.include({ isLeft: true });
      expect(site.machines.get(NAME)?.state).to.equal("running");
      expect(site.registrationNames()).to.deep.equal([NAME]);
      expect(site.killedJobs).to.deep.equal([]);
    });

    it("spares a runner that takes a job while it is being cleaned up", async () => {
      const { site, calls, runner } = newRunner();
      calls.failNext("machines.note", new Error("LXD is gone"));
      calls.afterNext("machines.freeze", () => {
        site.assignJob(NAME);
      });
      await rejection(create(runner));
      expect(site.killedJobs).to.deep.equal([]);
      expect(site.machines.get(NAME)?.state).to.equal("running");
    });

    it("spares a runner that registered itself and took a job", async () => {
      const { site, calls, runner } = newRunner();
      calls.afterNext("machines.deliver", () => {
        site.changeRegistration(NAME, { busy: true });
        throw new Error("the answer was lost");
      });
      await rejection(create(runner, { registrationToken: new Secret("registration-token") }));
      expect(site.killedJobs).to.deep.equal([]);
      expect(site.machines.get(NAME)?.state).to.equal("running");
    });

    it("deletes the registration that a runner made of itself", async () => {
      const { site, calls, runner } = newRunner();
      calls.afterNext("machines.deliver", () => {
        expect(site.registrationNames()).to.deep.equal([NAME]);
        throw new Error("the answer was lost");
      });
      await rejection(create(runner, { registrationToken: new Secret("registration-token") }));
      expect(site.machineNames()).to.deep.equal([]);
      expect(site.registrationNames()).to.deep.equal([]);
    });

    it("cleans up although the caller has given up", async () => {
      for (const verb of ["machines.start", "machines.deliver", "machines.note"] as const) {
        const { site, calls, runner } = newRunner();
        const abort = new AbortController();
        calls.beforeNext(verb, () => {
          abort.abort(new Error("the unit is stopping"));
        });
        const error = await rejection(create(runner, {}, abort.signal));
        expect(error.message).to.contain("the unit is stopping");
        expect(site.machineNames(), verb).to.deep.equal([]);
        expect(site.registrationNames(), verb).to.deep.equal([]);
      }
    });

    it("tells what its clean-up could not take away", async () => {
      const { calls, runner } = newRunner();
      calls.failNext("machines.deliver", new Error("the guest is silent"));
      calls.failNext("machines.freeze", new Error("LXD does not answer"));
      expect((await rejection(create(runner))).message).to.equal(
        `Cannot create runner '${NAME}': the guest is silent; and its clean-up failed: LXD does not answer`,
      );
    });

    describe("with an application that does not say that it listens", () => {
      /** The application connects, but its answer never comes; time passes when the witness waits. */
      function silentRunner(connects = true) {
        const { site, process, calls, runner } = newRunner();
        const { forge, logs, metrics, postMortem } = process;
        const machines = new SilentMachines(site, calls);
        machines.connects = connects;
        const clock = {
          now: () => site.now,
          wait: async (delayMs: number, signal: AbortSignal) => {
            site.pass(delayMs);
            await systemClock.wait(1, signal);
          },
        };
        const witness = new OnlineWitness(forge, clock);
        const dependencies = { forge, machines, logs, metrics, postMortem, witness };
        return { site, calls, runner: new Runner(dependencies, runner.config, runner.status) };
      }

      it("is ready when GitHub lists it as online", async () => {
        const { site, runner } = silentRunner();
        await create(runner);
        expect(site.machines.get(NAME)).to.include({ state: "running", phase: "ready" });
        expect(site.registrationOf(NAME)).to.include({ online: true });
      });

      it("is ready although one of GitHub's lists cannot be read", async () => {
        const { site, calls, runner } = silentRunner();
        calls.failNext("forge.list", new Error("502"));
        await create(runner);
        expect(site.machines.get(NAME)).to.include({ phase: "ready" });
      });

      it("fails after its start-up allowance while GitHub lists it as offline", async () => {
        const { site, runner } = silentRunner(false);
        const error = await rejection(create(runner, { startUpMs: 50 }));
        expect(String(error)).to.include(
          "no answer from the runner application, which neither says that it listens for jobs nor is online at GitHub within 0.05 seconds",
        );
        expect(site.machineNames()).to.deep.equal([]);
      });
    });

    it("gives up after its start-up allowance, and cleans up", async () => {
      const clock = sinon.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      try {
        const { site, calls, runner } = newRunner();
        // The answer of the guest never comes; the call ends with its signal only.
        calls.beforeNext("machines.deliver", () => {
          clock.tick(5000);
        });
        const error = await rejection(create(runner));
        const late = findCause(error, DeadlineError);
        expect(late).to.include({ action: `start runner '${NAME}'`, limitMs: 5000 });
        expect(site.machineNames()).to.deep.equal([]);
        expect(site.registrationNames()).to.deep.equal([]);
      } finally {
        clock.restore();
      }
    });

    it("shows no secret in an error, nor in what the error prints with its causes", async () => {
      const { calls, process, runner } = newRunner();
      calls.failNext("machines.note", new Error("LXD is gone"));
      const error = await rejection(create(runner));
      const payload = process.machines.payloads.get(NAME)!;
      const printed = `${inspect(error, { depth: 9 })} ${inspect(runner, { depth: 9 })} ${inspect(payload)} ${String(payload)}`;
      expect(printed).to.not.contain(`private-key-of-${NAME}`);
      expect(printed).to.not.contain(Buffer.from(`private-key-of-${NAME}`).toString("base64"));
    });
  });

  describe("remove()", () => {
    const remove = (runner: Runner, signal = unaborted()) => runner.remove(undefined, signal);

    it("freezes, deregisters and destroys a running runner, in this order", async () => {
      const { site, calls, runner } = foundRunner();
      const seen: unknown[] = [];
      calls.beforeNext("forge.deregister", () => seen.push(site.machines.get(NAME)?.state));
      calls.beforeNext("machines.destroy", () => seen.push(site.registrationOf(NAME)));
      expect(await remove(runner)).to.equal("removed");
      expect(seen, "frozen before GitHub is asked, unregistered before it ends").to.deep.equal([
        "frozen",
        undefined,
      ]);
      expect(site.machineNames()).to.deep.equal([]);
      expect(runner.status).to.deep.equal({ runnerId: undefined, exist: false, online: false, busy: false });
    });

    it("takes a frozen runner away", async () => {
      const { site, runner } = foundRunner({ state: "frozen" });
      expect(await remove(runner)).to.equal("removed");
      expect(site.machineNames()).to.deep.equal([]);
      expect(site.registrationNames()).to.deep.equal([]);
    });

    it("unfreezes a runner that got a job before it was frozen, and leaves it alone", async () => {
      const { site, calls, runner } = foundRunner();
      calls.beforeNext("machines.freeze", () => {
        site.assignJob(NAME);
      });
      expect(await remove(runner)).to.equal("busy");
      expect(site.machines.get(NAME)?.state).to.equal("running");
      expect(site.registrationOf(NAME)?.busy).to.equal(true);
    });

    it("unfreezes a runner that GitHub gave a job between freezing and deregistering", async () => {
      const { site, calls, runner } = foundRunner();
      calls.beforeNext("forge.deregister", () => {
        site.assignJob(NAME);
      });
      expect(await remove(runner)).to.equal("busy");
      expect(site.machines.get(NAME)?.state).to.equal("running");
      expect(site.killedJobs).to.deep.equal([]);
    });

    it("unfreezes a runner when GitHub does not answer, for it may have a job", async () => {
      const { site, calls, runner } = foundRunner();
      const fault = new Error("GitHub does not answer");
      calls.failNext("forge.deregister", fault);
      const error = await rejection(remove(runner));
      expect(error).to.be.instanceOf(RunnerRemoveError);
      expect(error.message).to.equal(`Cannot remove runner '${NAME}': GitHub does not answer`);
      expect(error.cause).to.equal(fault);
      expect(site.machines.get(NAME)?.state).to.equal("running");
      expect(site.registrationNames()).to.deep.equal([NAME]);
    });

    it("unfreezes a runner although the caller gives up while GitHub is asked", async () => {
      const { site, calls, runner } = foundRunner();
      const abort = new AbortController();
      calls.beforeNext("forge.deregister", () => {
        abort.abort(new Error("the unit is stopping"));
      });
      await rejection(remove(runner, abort.signal));
      expect(site.machines.get(NAME)?.state).to.equal("running");
    });

    it("does not ask GitHub when the instance cannot be frozen", async () => {
      const { site, calls, runner } = foundRunner();
      calls.failNext("machines.freeze", new Error("LXD does not answer"));
      expect(await rejection(remove(runner))).to.be.instanceOf(RunnerRemoveError);
      expect(site.registrationNames()).to.deep.equal([NAME]);
      expect(site.machines.get(NAME)?.state).to.equal("running");
    });

    describe("on an evacuated member of a cluster, where LXD freezes nothing", () => {
      const evacuated = () => {
        const found = foundRunner();
        found.site.isEvacuated = true;
        return found;
      };

      it("deregisters the runner, asks its guest, and destroys it", async () => {
        const { site, calls, runner } = evacuated();
        expect(await remove(runner)).to.equal("removed");
        const verbs = calls.made.filter((verb) => /deregister|inspect|destroy/.test(verb));
        expect(verbs).to.deep.equal(["forge.deregister", "machines.inspect", "machines.destroy"]);
        expect([site.machineNames(), site.registrationNames()]).to.deep.equal([[], []]);
      });

      it("leaves a runner alone that GitHub gave a job", async () => {
        const { site, calls, runner } = evacuated();
        calls.beforeNext("forge.deregister", () => {
          site.assignJob(NAME);
        });
        expect(await remove(runner)).to.equal("busy");
        expect(site.registrationNames()).to.deep.equal([NAME]);
        expect(site.killedJobs).to.deep.equal([]);
      });

      it("leaves a runner alone whose job came with the deregistration", async () => {
        const { site, calls, runner } = evacuated();
        calls.beforeNext("machines.inspect", () => {
          site.unseenJobs.add(NAME);
        });
        expect(await remove(runner)).to.equal("busy");
        expect(site.machineNames()).to.deep.equal([NAME]);
      });
    });

    it("takes the registration away when the instance has gone in the meantime", async () => {
      const { site, runner } = foundRunner();
      site.machines.delete(NAME);
      expect(await remove(runner)).to.equal("removed");
      expect(site.registrationNames()).to.deep.equal([]);
    });

    it("takes a stopped instance and its registration away", async () => {
      const { site, runner } = foundRunner({ state: "stopped" });
      expect(await remove(runner)).to.equal("removed");
      expect(site.machineNames()).to.deep.equal([]);
      expect(site.registrationNames()).to.deep.equal([]);
    });

    it("takes one half of a stopped runner away even when the other cannot be", async () => {
      const gitHubFails = foundRunner({ state: "stopped" });
      gitHubFails.calls.failNext("forge.deregister", new Error("GitHub does not answer"));
      expect(await rejection(remove(gitHubFails.runner))).to.be.instanceOf(RunnerRemoveError);
      expect(gitHubFails.site.machineNames()).to.deep.equal([]);

      const lxdFails = foundRunner({ state: "stopped" });
      lxdFails.calls.failNext("machines.destroy", new Error("LXD does not answer"));
      expect(await rejection(remove(lxdFails.runner))).to.be.instanceOf(RunnerRemoveError);
      expect(lxdFails.site.registrationNames()).to.deep.equal([]);
    });

    it("is safe to repeat after it failed half-way", async () => {
      const { site, calls, runner } = foundRunner();
      calls.failNext("machines.destroy", new Error("LXD does not answer"));
      await rejection(remove(runner));
      expect(await remove(runner)).to.equal("removed");
      expect(site.machineNames()).to.deep.equal([]);
    });
  });

  it("pullLogs() tells where the logs of a running instance are", async () => {
    expect(await foundRunner().runner.pullLogs(unaborted())).to.equal(`/logs/${NAME}`);
  });

  it("pullLogs() rejects with the runner's name and the cause when there is no running instance", async () => {
    const error = await rejection(newRunner().runner.pullLogs(unaborted()));
    expect(error).to.be.instanceOf(RunnerLogsError);
    expect(error).to.include({ runner: NAME });
    expect(error.message).to.include("does not run");
  });
});

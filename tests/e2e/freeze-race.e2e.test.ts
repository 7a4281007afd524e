import { expect } from "chai";
import { ACTIVITY_COMMAND } from "../../src/guest/activity-command.ts";
import { DELIVER_PROGRAM, RUNNER_APPLICATION } from "../../src/guest/paths.ts";
import { PLAIN_GUEST } from "../../src/guest/settings.ts";
import { createGithubClient, parseGithubPath, type GithubForge } from "../../src/github/index.ts";
import { LxdMachines } from "../../src/lxd/lxd-machines.ts";
import { PortAllocator } from "../../src/lxd/port-allocator.ts";
import type { Machine } from "../../src/runners/ports.ts";
import { Runner, type RunnerDependencies } from "../../src/runners/runner.ts";
import type { RunnerSettings } from "../../src/runners/creations.ts";
import { systemClock, settleAll, silentLogger, Secret } from "charm-kit";
import { PostMortem } from "../../src/runners/post-mortem.ts";
import { FakeHistory } from "../runners/fake-history.ts";
import { FakeRunnerMetrics } from "../runners/fake-runner-metrics.ts";
import { STANDARD_TOKEN } from "../support/github/http/callers.ts";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { REPOSITORY, Rig, type EndedJob } from "../support/rig/rig.ts";

/** More of them, for a night: `FREEZE_TRIES=210 mocha --no-config tests/e2e/freeze-race.e2e.test.ts`. */
const TRIES = Number(process.env["FREEZE_TRIES"] ?? 21);
const AT_A_TIME = 3;
const TRY_MS = 90_000;
/** How long GitHub thinks about a deletion, so that a job can come in the middle of it. */
const DELETION_MS = 60;

/** Steps of a removal at which GitHub may give the runner a job. */
const INSTANTS = [
  "a job is under way before the freeze",
  "a job ends as the freeze begins",
  "a job is queued as the freeze begins",
  "a job is queued between freeze and deletion",
  "a job is queued while GitHub deletes",
  "a job is queued between deletion and the end of the instance",
  "a job is queued after it",
] as const;
type Instant = (typeof INSTANTS)[number];

interface Try {
  readonly instant: Instant;
  readonly outcome: "removed" | "busy";
  readonly job: EndedJob;
}

endToEnd("Runner.remove(), while GitHub gives the runner a job", function () {
  let rig: Rig;
  let fixture: RaceFixture;

  before(async () => {
    rig = await Rig.start({ application: "e2erace" }, patience());
    await rig.deploy({ "virtual-machines": "0" }, patience(120_000));
    fixture = await RaceFixture.open(rig);
    const fault = { kind: "slow", delayMs: DELETION_MS } as const;
    await rig.github.call("add-fault", { route: "delete-runner", times: 10 * TRIES, fault }, patience());
  });

  after(async () => {
    await fixture.close();
    await rig.close(patience(120_000));
  });

  it(`ends no job in ${TRIES} tries, at whatever instant it comes`, async () => {
    const tries = Array.from({ length: TRIES }, (_, number) => number);
    const outcomes = await settleAll(tries, AT_A_TIME, (number) => fixture.attempt(number));
    const failed = outcomes.flatMap((outcome) =>
      outcome.status === "rejected" ? [String(outcome.reason)] : [],
    );
    const done = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    const died = done.filter(({ job }) => job.conclusion !== "success");
    expect(died.map(({ instant, job }) => `${instant}: ${job.annotation} ${job.log}`)).to.deep.equal([]);
    // A try that came to nothing says nothing of jobs, and must not hide what the others say.
    expect(failed).to.deep.equal([]);
    const under = done.filter(({ instant }) => instant === INSTANTS[0]);
    expect(under.map(({ outcome }) => outcome)).to.deep.equal(under.map(() => "busy"));
    if (process.env["FREEZE_TRIES"] !== undefined) console.log(table(done));
  }).timeout(TRIES * TRY_MS);
});

/** How the tries of each instant ended. */
function table(done: readonly Try[]): string {
  return INSTANTS.map((instant) => {
    const of = done.filter((each) => each.instant === instant);
    const busy = of.filter(({ outcome }) => outcome === "busy").length;
    const twice = of.filter(({ job }) => job.assignments > 1).length;
    return `${instant}: ${of.length} tries, ${busy} busy and kept, ${of.length - busy} removed, ${twice} jobs given twice`;
  }).join("\n");
}

/** Makes and removes runners of a unit by the domain and its real adapters, without a dispatch. */
class RaceFixture {
  readonly #rig: Rig;
  readonly #clients: RunnerDependencies;
  readonly #forge: GithubForge;
  readonly #settings: RunnerSettings;
  #names = 0;

  private constructor(rig: Rig, clients: RunnerDependencies, forge: GithubForge, settings: RunnerSettings) {
    this.#rig = rig;
    this.#clients = clients;
    this.#forge = forge;
    this.#settings = settings;
  }

  /** Runners are made from the template and with the profiles of the unit. */
  static async open(rig: Rig): Promise<RaceFixture> {
    const { client } = rig.lxd;
    const instances = await rig.lxd.instances(rig.slug, patience());
    const template = instances.find(({ config }) => config["user.github-runner.role"] === "template");
    const [modelUuid = ""] = (template?.config["user.github-runner.owner"] ?? "").split("/");
    const profiles = (await client.profiles.list(patience()))
      .map(({ name }) => name)
      .filter((name) => name.startsWith(`${rig.slug}-`))
      .sort((left, right) => Number(left.includes("-cpu-")) - Number(right.includes("-cpu-")));
    const forge = createGithubClient({
      path: parseGithubPath(REPOSITORY),
      githubUrl: rig.config["github-url"] ?? "",
      credentials: { by: "token", token: new Secret(STANDARD_TOKEN) },
      log: silentLogger,
      writeRate: { burst: 1000, perSecond: 1000 },
    });
    const machines = new LxdMachines({
      client,
      owner: { unitName: rig.unit, deployment: modelUuid },
      deliverProgram: DELIVER_PROGRAM,
      activityCommand: ACTIVITY_COMMAND,
      startConcurrency: AT_A_TIME,
      ports: new PortAllocator({
        client,
        bridge: template?.expanded_devices["eth0"]?.["network"] ?? "",
        profile: profiles[0] ?? "",
        kernel: { removeLeft: () => Promise.resolve() },
      }),
    });
    const metrics = new FakeRunnerMetrics();
    metrics.share = () => Promise.resolve(undefined as never);
    const never = () => Promise.reject(new Error("nothing crashes"));
    const logs = {
      lastWords: () => Promise.resolve(undefined),
      pull: never,
      keep: never,
      kept: never,
      delete: never,
    };
    const settings = {
      labels: [],
      registrationUrl: "",
      image: template?.name ?? "",
      profiles,
      resources: { cpu: 1, memory: "1GiB", disk: "5GiB" },
      binaryPath: RUNNER_APPLICATION,
      arch: "x64",
      guest: PLAIN_GUEST,
    } as const;
    const postMortem = new PostMortem({
      logs,
      metrics,
      history: new FakeHistory(),
      clock: systemClock,
      log: silentLogger,
    });
    return new RaceFixture(rig, { forge, machines, logs, metrics, postMortem }, forge, settings);
  }

  /** Removes a runner while a job comes, and waits until the job has ended, on this runner or on another one. */
  async attempt(number: number): Promise<Try> {
    const instant = INSTANTS[number % INSTANTS.length] ?? INSTANTS[0];
    const signal = patience(TRY_MS);
    const label = `try-${number}`;
    const machine = await this.#make(label, signal);
    const { outcome, job } = await this.#removeAt(instant, machine, label, signal);
    const jobs = await this.#rig.github.call("list-jobs", null, signal);
    const isDone = jobs.some(({ id, status }) => id === job && status === "completed");
    if (outcome === "removed" && !isDone) await this.#make(label, signal);
    return { instant, outcome, job: await this.#rig.ended(job, signal) };
  }

  /** Ends what the tries have left. */
  async close(): Promise<void> {
    const { machines } = this.#clients;
    const { runners: left } = await machines.list(patience());
    await Promise.all(left.map(({ name }) => machines.destroy(name, patience())));
  }

  async #make(label: string, signal: AbortSignal): Promise<Machine> {
    const name = `${this.#rig.slug}-race${(this.#names++).toString(16).padStart(6, "0")}`;
    const config = {
      ...this.#settings,
      labels: [label],
      configHash: "race",
      scopeKey: "",
      deadline: Date.now() + 3_600_000,
      startUpMs: 60_000,
    };
    const status = { runnerId: undefined, exist: false, online: false, busy: false };
    await new Runner(this.#clients, { name }, status).create(config, signal);
    const { configHash, scopeKey, deadline } = config;
    return {
      ...{ name, configHash, scopeKey, deadline },
      state: "running",
      phase: "ready",
      createdAt: Date.now(),
      suspectSince: undefined,
      busySince: undefined,
    };
  }

  async #removeAt(
    instant: Instant,
    machine: Machine,
    label: string,
    signal: AbortSignal,
  ): Promise<{ readonly outcome: "removed" | "busy"; readonly job: number }> {
    const queue = async (step = "sleep 0.2") =>
      (await this.#rig.queue([`${step}; echo done`], signal, { labels: [label] })).id;
    let job: Promise<number> | undefined;
    const comes = (at: Instant) => {
      if (at === instant) job ??= queue();
    };
    const registered = (await this.#forge.list(signal)).find(({ name }) => name === machine.name);
    if (instant === "a job is under way before the freeze") {
      job = queue("sleep 1");
      await this.#rig.github.call("wait-for-job", { id: await job, status: "in_progress" }, signal);
    }
    if (instant === "a job ends as the freeze begins") {
      job = queue("sleep 0.1");
      await this.#rig.github.call("wait-for-job", { id: await job, status: "in_progress" }, signal);
      await systemClock.wait((Number.parseInt(label.slice(4), 10) * 7) % 200, signal);
    }
    const clients = this.#watched(comes, () => job);
    const status = { runnerId: registered?.id, exist: true, online: true, busy: false };
    const config = { name: machine.name };
    const outcome = await new Runner(clients, config, status, machine).remove(undefined, signal);
    comes("a job is queued after it");
    return { outcome, job: await (job ?? Promise.reject(new Error("no job was queued"))) };
  }

  /** The same services, that tell at which step the removal is. */
  #watched(comes: (at: Instant) => void, job: () => Promise<number> | undefined): RunnerDependencies {
    const { machines, ...others } = this.#clients;
    const forge = this.#forge;
    const tell = async (at: Instant) => {
      comes(at);
      await job();
    };
    return {
      ...others,
      machines: Object.assign(Object.create(machines) as typeof machines, {
        freeze: async (name: string, signal: AbortSignal) => {
          comes("a job is queued as the freeze begins");
          await machines.freeze(name, signal);
          await tell("a job is queued between freeze and deletion");
        },
        unfreeze: (name: string, signal: AbortSignal) => machines.unfreeze(name, signal),
        destroy: async (name: string, signal: AbortSignal) => {
          await tell("a job is queued between deletion and the end of the instance");
          await machines.destroy(name, signal);
        },
      }),
      forge: Object.assign(Object.create(forge) as typeof forge, {
        deregister: async (id: number, signal: AbortSignal) => {
          const deleted = forge.deregister(id, signal);
          await systemClock.wait(DELETION_MS / 2, signal);
          comes("a job is queued while GitHub deletes");
          return deleted;
        },
      }),
    };
  }
}

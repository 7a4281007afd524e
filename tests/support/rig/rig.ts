import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentPaths, readMachineFacts, UnitAgent, type AgentEvent, type ExecOutcome } from "juju-agent";
import type { JsonObject } from "juju-charm";
import type { Instance } from "lxd-client";
import { unitSlug } from "../../../src/runners/runner-name.ts";
import { systemClock } from "charm-kit";
import { BASE_IMAGE_ALIAS } from "../base-image/ensure-base-image.ts";
import type { StandInControl } from "../github/control/stand-in-control.ts";
import { STANDARD_TOKEN } from "../github/http/callers.ts";
import { buildArchive } from "../github/runner-application/build-archive.ts";
import { StandInProcess } from "../github/stand-in-process.ts";
import type { JobRequest, JobView } from "../github/state/job-record.ts";
import type { RunnerView } from "../github/state/runner-record.ts";
import { clearLeftovers } from "./clear-leftovers.ts";
import { LxdView } from "./lxd-view.ts";
import { until } from "./until.ts";

export interface RigOptions {
  /**
   * Name of the application, which is in the names of all that it makes: two rigs at a time need two names. At most 10
   * characters.
   */
  readonly application: string;
  /** Path of the packed charm. @default that of `npm run pack` */
  readonly archive?: string;
  /** Where the agent keeps its state and the stand-in its socket. @default a temporary directory, deleted at the end */
  readonly directory?: string;
  /** Called with everything that the agent tells. @default nothing */
  readonly onEvent?: (event: AgentEvent) => void;
  /** Whether GitHub lives on when this process ends without {@link Rig.close}. @default false */
  readonly outlives?: boolean;
  /**
   * More in the environment of the charm's programs that a test starts itself, such as Node.js's options; hooks have Juju's
   * alone. @default nothing
   */
  readonly environment?: Readonly<Record<string, string>>;
  /** Changes the source of the runner application's listener. @default none */
  readonly editListener?: (source: string) => string;
}

export const REPOSITORY = "acme/widgets";
/** What `npm run pack` makes. */
export const ARCHIVE = join(
  import.meta.dirname,
  "../../../dist/github-runner_ubuntu-22.04-24.04_amd64.charm",
);

/** A job that has ended, and all that it printed. */
export interface EndedJob extends JobView {
  readonly log: string;
}

/** The packed charm in the unit agent, beside a GitHub in a network of its own, on the real LXD of this machine. */
export class Rig {
  readonly agent: UnitAgent;
  readonly github: StandInControl;
  /** Such as `runners/0`, once the charm is deployed. */
  readonly unit: string;
  /** Absolute path of the directory that holds all files of the rig. */
  readonly directory: string;
  /** What the agent has told so far. */
  readonly events: readonly AgentEvent[];
  readonly lxd = new LxdView();
  readonly #options: RigOptions;
  readonly #standIn: StandInProcess;

  private constructor(
    options: RigOptions,
    directory: string,
    standIn: StandInProcess,
    parts: { readonly agent: UnitAgent; readonly events: readonly AgentEvent[] },
  ) {
    this.#options = options;
    this.directory = directory;
    this.#standIn = standIn;
    this.github = standIn.control;
    this.agent = parts.agent;
    this.events = parts.events;
    this.unit = `${options.application}/0`;
  }

  /** Starts GitHub and makes an agent. LXD, the base image and the archive have to be there. */
  static async start(options: RigOptions, signal: AbortSignal): Promise<Rig> {
    const directory = options.directory ?? (await mkdtemp(join(tmpdir(), "github-runner-rig-")));
    await mkdir(directory, { recursive: true });
    const application = await buildArchive(directory, signal, options.editListener);
    const standIn = await StandInProcess.start(
      {
        controlSocket: join(directory, "github.sock"),
        archives: [application.path],
        // Not the prefix of units' bridges: no runner reaches what is behind one of these.
        namespace: { name: `gh-${options.application}`.slice(0, 13) },
        outlives: options.outlives ?? false,
      },
      signal,
    );
    const events: AgentEvent[] = [];
    const agent = new UnitAgent({
      stateDirectory: join(directory, "agent"),
      clock: systemClock,
      machine: await readMachineFacts("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
      onEvent: (event) => {
        events.push(event);
        options.onEvent?.(event);
      },
    });
    return new Rig(options, directory, standIn, { agent, events });
  }

  /** The unit's name as it stands in names on LXD, such as `runners-0`. */
  get slug(): string {
    return unitSlug(this.unit);
  }

  get application(): string {
    return this.#options.application;
  }

  /** More in the environment of the charm's programs that a test starts itself. */
  get environment(): Readonly<Record<string, string>> {
    return this.#options.environment ?? {};
  }

  /** Directory of the unit's files on this machine. */
  get dataDirectory(): string {
    return join("/var/lib/github-runner", this.slug);
  }

  /** Where the agent keeps what. */
  get paths(): AgentPaths {
    return new AgentPaths(join(this.directory, "agent"));
  }

  /** Every status that the unit has shown, such as `active: 3 runners: 3 idle`, oldest first. */
  get statuses(): readonly string[] {
    return this.events.flatMap((event) =>
      event.kind === "status" ? [`${event.status.name}: ${event.status.message}`] : [],
    );
  }

  /** Every line of the agent's log, oldest first. */
  get log(): readonly string[] {
    return this.events.flatMap((event) => (event.kind === "log" ? [event.line.message] : []));
  }

  /** Options with which the charm finds this rig's GitHub and base image. */
  get config(): Readonly<Record<string, string>> {
    return {
      path: REPOSITORY,
      token: STANDARD_TOKEN,
      "github-url": this.#standIn.url,
      "test-mode": "insecure",
      "instance-type": "container",
      "image-server": "local",
      "base-image": BASE_IMAGE_ALIAS,
      "image-packages": "",
      "virtual-machines": "0",
      // Most tests count instances; those of standby instances want some.
      "standby-runners": "0",
      "vm-memory": "1GiB",
      // Several units at a time share the machine's disk.
      "vm-disk": "1GiB",
    };
  }

  /** Deploys the charm with {@link Rig.config} and what else is given, until the unit is idle. */
  async deploy(more: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
    const { application, archive = ARCHIVE } = this.#options;
    await clearLeftovers(this.lxd.client, this, signal);
    await this.agent.deploy({ archive, application, config: { ...this.config, ...more } }, signal);
  }

  /** Changes options, until the unit is idle. */
  async configure(change: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
    await this.agent.configure(this.#options.application, change, signal);
  }

  /** What `juju status` would show for the unit, such as `active: 3 runners: 3 idle`. */
  async status(): Promise<string> {
    const { applications } = await this.agent.status();
    const workload = applications[this.#options.application]?.units[this.unit]?.["workload-status"];
    return workload ? `${workload.current}: ${workload.message ?? ""}` : "";
  }

  /** {@link Rig.status} without the standing of the month, which is told from 20 replacements on, if some were slow. */
  async statusNow(): Promise<string> {
    return (await this.status()).replace(/; this month .*$/, "");
  }

  /**
   * Dispatches an event as the timers do, with more in the environment where that is wanted.
   *
   * The environment of a hook is Juju's alone, so this is how `LXD_SOCKET` gets there.
   */
  dispatch(
    event: string,
    signal: AbortSignal,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<ExecOutcome> {
    const assignments = Object.entries({
      ...this.environment,
      ...environment,
      JUJU_DISPATCH_PATH: `hooks/${event}`,
    });
    const words = assignments.map(([name, value]) => `${name}='${value}'`);
    return this.agent.exec(this.unit, `${words.join(" ")} ./dispatch`, signal);
  }

  /** Lets the unit make its runners what they should be. @throws Error when the dispatch fails */
  async reconcile(signal: AbortSignal): Promise<void> {
    const { exitCode, stderr } = await this.dispatch("reconcile-runners", signal);
    if (exitCode !== 0) throw new Error(`The dispatch ended with ${exitCode}: ${stderr}`);
  }

  /** Runs an action and gives its results as text. @throws Error with its message when it fails */
  async act(
    action: string,
    parameters: JsonObject,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string>>> {
    const ended = await this.agent.runAction({ unit: this.unit, action, parameters }, signal);
    if (ended.status !== "completed") throw new Error(`${action} ${ended.status}: ${ended.message}`);
    const texts = Object.entries(ended.results).map(
      ([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)] as const,
    );
    return Object.fromEntries(texts);
  }

  /** Queues a job for any of the unit's runners. */
  queue(steps: readonly string[], signal: AbortSignal, more: Partial<JobRequest> = {}): Promise<JobView> {
    return this.github.call(
      "queue-job",
      { repository: REPOSITORY, labels: ["self-hosted"], steps, ...more },
      signal,
    );
  }

  /** Queues a job that lasts until the signal ends it or `finish` lets it, and waits until a runner has it. */
  async occupy(signal: AbortSignal): Promise<JobView> {
    const { id } = await this.queue(["until [ -e /tmp/enough ]; do sleep 0.2; done; echo done"], signal);
    return this.github.call("wait-for-job", { id, status: "in_progress" }, signal);
  }

  /** Lets a job of {@link Rig.occupy} end. */
  async release({ runnerName = "" }: JobView, signal: AbortSignal): Promise<void> {
    await this.lxd.client.exec.run(
      runnerName,
      { command: ["touch", "/tmp/enough"], maxOutputBytes: 1024 },
      signal,
    );
  }

  /** Waits for the end of a job. */
  async ended(id: number, signal: AbortSignal): Promise<EndedJob> {
    const job = await this.github.call("wait-for-job", { id, status: "completed" }, signal);
    return { ...job, log: await this.github.call("job-log", { id }, signal) };
  }

  /** Takes all runners away on both sides, as if there had never been any; the unit is not told. */
  async loseRunners(signal: AbortSignal): Promise<void> {
    for (const { name } of await this.registrations(signal)) {
      await this.github.call("drop-runner", { name }, signal);
    }
    for (const { name } of await this.#instances(signal)) await this.deleteInstance(name, signal);
  }

  /** Deletes a runner's instance, as somebody does who does not ask the unit. */
  async deleteInstance(name: string, signal: AbortSignal): Promise<void> {
    const { instances } = this.lxd.client;
    const isGone = async () => {
      // LXD refuses both while it works on the instance, and the stop of one that has ended by itself.
      await instances.changeState(name, { action: "stop", force: true }, signal).catch(() => undefined);
      await instances.delete(name, signal).catch(() => undefined);
      return !(await this.#instances(signal)).some((instance) => instance.name === name);
    };
    await until(`the end of ${name}`, isGone, signal);
  }

  /** What GitHub has registered. */
  registrations(signal: AbortSignal): Promise<readonly RunnerView[]> {
    return this.github.call("list-runners", null, signal);
  }

  /** Names of the instances of runners that have not stopped, in order. */
  async machines(signal: AbortSignal): Promise<readonly string[]> {
    const alive = (await this.#instances(signal)).filter(({ status }) => status !== "Stopped");
    return alive.map(({ name }) => name).sort();
  }

  async #instances(signal: AbortSignal): Promise<readonly Instance[]> {
    const instances = await this.lxd.instances(this.slug, signal);
    return instances.filter(({ config }) => config["user.github-runner.role"] === "runner");
  }

  /** Names of all files that the unit keeps on this machine, a line each. */
  async dataFiles(): Promise<string> {
    const names = await readdir(this.dataDirectory, { recursive: true }).catch(() => []);
    return names.sort().join("\n");
  }

  /** Waits until no instance of that name runs. The next reconcile deletes one that has stopped. */
  async gone(name: string, signal: AbortSignal): Promise<void> {
    await until(`the end of ${name}`, async () => !(await this.machines(signal)).includes(name), signal);
  }

  /** Removes the application, as a person does. */
  async remove(signal: AbortSignal): Promise<void> {
    await this.agent.remove(this.#options.application, false, signal);
  }

  /** Takes everything away, the unit included where it is deployed. */
  async close(signal: AbortSignal): Promise<void> {
    const { application, directory } = this.#options;
    const deployed = existsSync(join(this.directory, "agent/state.json"));
    try {
      const { applications } = deployed ? await this.agent.status() : { applications: {} };
      if (application in applications) await this.agent.remove(application, false, signal);
    } finally {
      await this.lxd.close();
      await this.#standIn.stop(signal);
      if (directory === undefined) await rm(this.directory, { recursive: true, force: true });
    }
  }
}

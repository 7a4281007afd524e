import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf, systemClock } from "charm-kit";
import { hostArchitecture } from "juju-charm/pack";
import { packAgent } from "../../scripts/agent/pack-agent.ts";
import { runnerAgent } from "../../scripts/agent/products.ts";
import { STANDARD_TOKEN } from "../support/github/http/callers.ts";
import { buildArchive } from "../support/github/runner-application/build-archive.ts";
import { StandInProcess } from "../support/github/stand-in-process.ts";
import type { JobView } from "../support/github/state/job-record.ts";
import { makeFreshDisk, WHOLE_MACHINE } from "./ready.ts";
import { WholeMachine } from "./whole-machine.ts";

const ROOT = join(import.meta.dirname, "../..");
const REPOSITORY = "acme/widgets";
const UNIT = "github-runner/0";
const STATUS_PERIOD_MS = 15_000;

export const minutes = (count: number) => AbortSignal.timeout(count * 60_000);

/** Directory of this machine that the whole one sees as `/exchange`. */
export const EXCHANGE = join(WHOLE_MACHINE, "exchange");

/** A whole machine onto which the agent is installed as a person does it, and a GitHub beside it, which outlives restarts. */
export class MachineWithAgent {
  readonly machine: WholeMachine;
  readonly github: StandInProcess;
  readonly #directory: string;

  private constructor(machine: WholeMachine, github: StandInProcess, directory: string) {
    this.machine = machine;
    this.github = github;
    this.#directory = directory;
  }

  /**
   * Starts GitHub and the machine, with the agent's program in `/exchange`.
   *
   * @param namespace GitHub's, which no other has.
   */
  static async start(namespace: string, say: (text: string) => void): Promise<MachineWithAgent> {
    const directory = await mkdtemp(join(tmpdir(), "whole-machine-"));
    await mkdir(EXCHANGE, { recursive: true });
    say("the agent's program");
    const architecture = hostArchitecture();
    const product = await runnerAgent(ROOT, directory, architecture);
    const agent = await packAgent(ROOT, directory, architecture, product);
    await copyFile(agent.path, join(EXCHANGE, "github-runner-agent"));
    const application = await buildArchive(directory, minutes(2));
    const github = await StandInProcess.start(
      {
        controlSocket: join(directory, "github.sock"),
        archives: [application.path],
        namespace: { name: namespace },
        // An emulated guest answers late.
        offlineAfterMs: 5 * 60_000,
      },
      minutes(1),
    );
    const machine = new WholeMachine({
      directory: WHOLE_MACHINE,
      repository: ROOT,
      clock: systemClock,
      write: (text) => process.stdout.write(text),
    });
    try {
      await makeFreshDisk(WHOLE_MACHINE, minutes(1));
      say("starting the machine");
      await machine.start(minutes(20));
    } catch (thrown) {
      await machine.cutPower();
      await github.stop(minutes(1));
      throw thrown;
    }
    return new MachineWithAgent(machine, github, directory);
  }

  /** Installs the agent by the README's command. @returns its exit code */
  async install(options: Readonly<Record<string, string>>, signal: AbortSignal): Promise<number> {
    const all = {
      ...{ path: REPOSITORY, token: STANDARD_TOKEN, "github-url": this.github.url, "test-mode": "insecure" },
      ...{ "image-server": "local", "image-packages": "" },
      ...options,
    };
    const yaml = Object.entries(all).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
    await this.machine.sh(`cat >runners.yaml <<'CONTENT'\n${yaml.join("\n")}\nCONTENT`, signal);
    return this.machine.run("/exchange/github-runner-agent install --config runners.yaml", signal);
  }

  /** Runs a command of the agent. @returns what it prints; throws when it fails */
  async agent(words: string, signal: AbortSignal): Promise<string> {
    return (await this.machine.sh(`github-runner-agent ${words}`, signal)).trim();
  }

  /** Resolves when the unit's status, which follows the runners with its next hook, has a text. */
  async shows(text: string, signal: AbortSignal): Promise<void> {
    while (!(await this.agent("status", signal)).includes(text)) {
      // The command itself costs the machine's only processor seconds.
      await systemClock.wait(STATUS_PERIOD_MS, signal);
    }
  }

  /** Runs an action of the unit. @returns its results */
  async act(words: string, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    const answer = await this.agent(`--quiet run --json ${words}`, signal);
    const units = JSON.parse(answer) as Readonly<
      Record<string, { results: Readonly<Record<string, string>> }>
    >;
    return units[UNIT]?.results ?? {};
  }

  /** Names of runners that are idle, once there are so many and no other registrations, in order. */
  async idle(count: number, signal: AbortSignal): Promise<readonly string[]> {
    const runners = await this.github.control.call(
      "wait-for-runners",
      { idle: count, registered: count },
      signal,
    );
    return runners.map(({ name }) => name).sort();
  }

  /** Names of the instances of runners that run, in order. */
  async running(signal: AbortSignal): Promise<readonly string[]> {
    const command = "lxc list --format csv --columns n user.github-runner.role=runner status=running";
    return (await this.machine.sh(command, signal)).split("\n").filter(Boolean).sort();
  }

  /**
   * Runs a script in a runner. LXD waits for seconds alone for the connections of a command, and for the agent of a virtual
   * machine, which an emulated one can exceed: it is tried again then.
   *
   * @param script does no harm when it runs twice, and has no single quotes.
   * @returns what it prints.
   */
  async inRunner(name: string, script: string, signal: AbortSignal): Promise<string> {
    for (;;) {
      try {
        return await this.machine.sh(`lxc exec ${name} -- bash -c '${script}'`, signal);
      } catch (thrown) {
        if (!/websocket: bad handshake|vsock .*i\/o timeout/.test(messageOf(thrown))) throw thrown;
        signal.throwIfAborted();
      }
    }
  }

  /** Queues a job for any of the unit's runners, and waits until one has it. */
  async begin(steps: readonly string[], signal: AbortSignal): Promise<JobView> {
    const { control } = this.github;
    const request = { repository: REPOSITORY, labels: ["self-hosted"], steps };
    const { id } = await control.call("queue-job", request, signal);
    return control.call("wait-for-job", { id, status: "in_progress" }, signal);
  }

  /** Waits for the end of a job. */
  async ended({ id }: JobView, signal: AbortSignal): Promise<JobView & { readonly log: string }> {
    const { control } = this.github;
    const job = await control.call("wait-for-job", { id, status: "completed" }, signal);
    return { ...job, log: await control.call("job-log", { id }, signal) };
  }

  async stop(): Promise<void> {
    await this.machine.cutPower();
    await this.github.stop(minutes(1));
    await rm(this.#directory, { recursive: true, force: true });
  }
}

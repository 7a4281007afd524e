import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AgentEvent } from "../../../src/agent/agent-event.ts";
import { readMachineFacts } from "../../../src/agent/machine-facts.ts";
import { UnitAgent } from "../../../src/agent/unit-agent.ts";
import { systemClock } from "../../../src/support/clock.ts";
import { BASE_IMAGE_ALIAS } from "../base-image/ensure-base-image.ts";
import type { StandInControl } from "../github/control/stand-in-control.ts";
import { STANDARD_TOKEN } from "../github/http/callers.ts";
import { buildArchive } from "../github/runner-application/build-archive.ts";
import { StandInProcess } from "../github/stand-in-process.ts";

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
}

const REPOSITORY = "acme/widgets";
const ARCHIVE = join(import.meta.dirname, "../../../dist/github-runner_ubuntu-22.04-24.04_amd64.charm");

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
    const application = await buildArchive(directory, signal);
    const standIn = await StandInProcess.start(
      {
        controlSocket: join(directory, "github.sock"),
        archives: [application.path],
        namespace: { name: `ghr-${options.application}`.slice(0, 13) },
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
      "vm-memory": "1GiB",
      "vm-disk": "5GiB",
    };
  }

  /** Deploys the charm with {@link Rig.config} and what else is given, until the unit is idle. */
  async deploy(more: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
    const { application, archive = ARCHIVE } = this.#options;
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

  /** Takes everything away, the unit included where it is deployed. */
  async close(signal: AbortSignal): Promise<void> {
    const { application, directory } = this.#options;
    const deployed = existsSync(join(this.directory, "agent/state.json"));
    try {
      const { applications } = deployed ? await this.agent.status() : { applications: {} };
      if (application in applications) await this.agent.remove(application, false, signal);
    } finally {
      await this.#standIn.stop(signal);
      if (directory === undefined) await rm(this.directory, { recursive: true, force: true });
    }
  }
}

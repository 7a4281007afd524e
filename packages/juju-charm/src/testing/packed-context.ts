import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CharmProcess,
  HookToolServer,
  installToolShims,
  HOOK_TOOLS,
  unpackCharmArchive,
  type OutputName,
  type ProcessOutcome,
  type JujuBackend,
  type JsonObject,
} from "juju-hook-tools";
import { isRecord, systemClock, withDeadline } from "charm-kit";
import { STATE_FILE } from "../dispatch/dispatch.ts";
import { loadMetadata } from "../metadata/load-metadata.ts";
import type { CharmMetadata } from "../metadata/metadata.ts";
import { parseJSON } from "../tools/json.ts";
import { CharmProcessError } from "./charm-process-error.ts";
import {
  TestBackend,
  type BackendOptions,
  type DispatchOutcome,
  type PlannedDispatch,
} from "./test-backend.ts";

/** Options of a {@link PackedContext}. */
export interface PackedContextOptions extends BackendOptions {
  /** Path of the `.charm` archive, or of a directory with its contents. */
  readonly charm: string;
  /** `PATH` of the charm, without the hook tools. @default Ubuntu's default */
  readonly path?: string;
  /** Time limit for a dispatch, in milliseconds. @default 60000 */
  readonly limitMs?: number;
}

const UBUNTU_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const DEFAULT_LIMIT_MS = 60_000;

/**
 * Runs a packed charm like the unit agent: `dispatch` as a separate process, with a hook environment and the hook tools
 * as programs on `PATH`. The tools work on a simulated Juju.
 *
 * Unpacks the charm into a temporary directory, which {@link close} or `await using` removes.
 */
export class PackedContext extends TestBackend {
  readonly #directory: string;
  readonly #options: PackedContextOptions;

  private constructor(directory: string, metadata: CharmMetadata, options: PackedContextOptions) {
    super(metadata, options);
    this.#directory = directory;
    this.#options = options;
  }

  /**
   * Unpacks a charm.
   *
   * @throws CharmArchiveError or MetadataError when it is not a valid charm.
   */
  static async open(
    options: PackedContextOptions,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<PackedContext> {
    const directory = await mkdtemp(join(tmpdir(), "charm-test-"));
    try {
      const charm = join(directory, "charm");
      if ((await stat(options.charm)).isDirectory()) await cp(options.charm, charm, { recursive: true });
      else await unpackCharmArchive(options.charm, charm, signal);
      await installToolShims(join(directory, "tools"), HOOK_TOOLS.keys(), undefined);
      return new PackedContext(directory, await loadMetadata(charm), options);
    } catch (thrown) {
      await rm(directory, { recursive: true, force: true });
      throw thrown;
    }
  }

  /** The charm directory. As under Juju, its files stay between dispatches, until {@link close}. */
  get charmDirectory(): string {
    return join(this.#directory, "charm");
  }

  /** Removes the unpacked charm. */
  async close(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @internal */
  protected async perform(planned: PlannedDispatch): Promise<DispatchOutcome> {
    await this.#writeSlots(planned.slots);
    const socket = join(this.#directory, "agent.socket");
    const { contextId: id, simulation: context } = planned;
    const server = new HookToolServer<JujuBackend>(socket, { id, tools: HOOK_TOOLS, context });
    await server.listen();
    try {
      const outcome = await this.#runProcess(planned, socket);
      if (context.effects.reboot === "now") return { kind: "rebooted" };
      if (outcome.exitCode === 0) return { kind: "succeeded", slots: await this.#readSlots() };
      const logged = context.effects.log.findLast(({ level }) => level === "ERROR")?.message;
      const cause = new CharmProcessError(outcome, logged);
      return { kind: "failed", cause, stderr: cause.stderr };
    } finally {
      await server.close();
    }
  }

  async #runProcess(planned: PlannedDispatch, socket: string): Promise<ProcessOutcome> {
    const { path = UBUNTU_PATH, limitMs = DEFAULT_LIMIT_MS } = this.#options;
    const { charmDirectory: directory } = this;
    const environment = planned.environment({
      charmDirectory: directory,
      toolsDirectory: join(this.#directory, "tools"),
      socket,
      path,
    });
    const onLine = (stream: OutputName, message: string) => {
      planned.simulation.unit.log(stream === "stdout" ? "DEBUG" : "WARNING", message);
    };
    const file = join(directory, "dispatch");
    return withDeadline("run the charm", limitMs, planned.signal, async (limited) => {
      const child = new CharmProcess({ file, argv: [], directory, environment, onLine }, systemClock);
      const kill = () => {
        child.kill();
      };
      limited.addEventListener("abort", kill, { once: true });
      planned.rebooted.then(kill, () => undefined);
      try {
        const outcome = await child.outcome;
        limited.throwIfAborted();
        return outcome;
      } finally {
        limited.removeEventListener("abort", kill);
      }
    });
  }

  async #writeSlots(slots: JsonObject): Promise<void> {
    const path = join(this.charmDirectory, STATE_FILE);
    await mkdir(this.charmDirectory, { recursive: true });
    if (Object.keys(slots).length === 0) await rm(path, { force: true });
    else await writeFile(path, JSON.stringify(slots), { mode: 0o600 });
  }

  async #readSlots(): Promise<JsonObject> {
    try {
      const slots = parseJSON(await readFile(join(this.charmDirectory, STATE_FILE), "utf8"));
      return isRecord(slots) ? slots : {};
    } catch (thrown) {
      if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return {};
      throw thrown;
    }
  }
}

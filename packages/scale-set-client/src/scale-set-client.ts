import { systemClock, type Clock } from "charm-kit";
import type { Dispatcher } from "undici";
import {
  AdminConnection,
  type ServiceCall,
  type TokenListener,
  type TokenRenewal,
  type TokenSource,
} from "./admin-connection.ts";
import { ScaleSetAnswerError, ScaleSetRefusedError } from "./errors.ts";
import { openSession, unlessAbsent, type MessageSession } from "./message-session.ts";
import { parseScopeUrl } from "./scope-url.ts";
import { fieldsOf } from "./shapes.ts";
import { DEFAULT_LIMITS, Transport, type Limits } from "./transport.ts";
import { userAgent, type SystemInfo } from "./user-agent.ts";
import {
  toJitRunner,
  toRunner,
  toRunnerGroup,
  toScaleSet,
  type Deletion,
  type JitRunner,
  type NewRunner,
  type NewScaleSet,
  type RunnerGroup,
  type RunnerReference,
  type ScaleSet,
} from "./types.ts";

/** How a client is made. */
export interface ScaleSetClientOptions {
  /** Address of an organization, a repository or an enterprise, such as `https://github.com/octo`. */
  readonly url: string;
  /** Asked whenever the connection is opened anew, about once an hour. */
  readonly token: TokenSource;
  /** Asked once for another token when GitHub refuses one. @default a refused token is an error */
  readonly renewToken?: TokenRenewal | undefined;
  /** For example keeps tokens out of logs. Configurations of runners are not among them. @default nobody is told */
  readonly onToken?: TokenListener | undefined;
  /** Who calls, for GitHub's logs. */
  readonly system?: Partial<SystemInfo>;
  /** Connections, for example through a proxy or with certificates of one's own; they stay open. @default its own */
  readonly dispatcher?: Dispatcher;
  readonly limits?: Partial<Limits>;
  /** @default the system's clock */
  readonly clock?: Clock;
}

const SCALE_SETS = "_apis/runtime/runnerscalesets";
const AGENTS = "_apis/distributedtask/pools/0/agents";
const NOBODY: SystemInfo = { system: "scale-set-client", version: "", commitSha: "", subsystem: "" };

/**
 * A client of GitHub's runner scale sets, of one organization, repository or enterprise.
 *
 * Every call has a limit of its own and ends with its signal. Calls that change nothing, or that do no harm twice, are
 * repeated when the connection breaks or the service fails; others only when nothing can have been done.
 */
export class ScaleSetClient {
  readonly #transport: Transport;
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #admin: AdminConnection;
  readonly #onToken: TokenListener;
  readonly #system: SystemInfo;
  #scaleSetId = 0;

  /** @throws `ScaleSetUrlError`. */
  constructor(options: ScaleSetClientOptions) {
    const { url, token, renewToken, system, dispatcher, limits, clock = systemClock } = options;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.#clock = clock;
    this.#system = { ...NOBODY, ...system };
    this.#onToken = options.onToken ?? (() => undefined);
    this.#transport = new Transport(dispatcher, this.#limits, clock);
    this.#admin = new AdminConnection({
      scope: parseScopeUrl(url),
      token,
      renewToken,
      onToken: this.#onToken,
      tokenMs: this.#limits.callMs,
      transport: this.#transport,
      clock,
      userAgent: this.#userAgent,
    });
  }

  /** Finds a runner group by its name. */
  async findRunnerGroup(name: string, signal: AbortSignal): Promise<RunnerGroup | undefined> {
    const action = `find the runner group ${name}`;
    const query = { groupName: name };
    return this.#findOne({ action, path: "_apis/runtime/runnergroups/", query }, toRunnerGroup, signal);
  }

  /** Finds a scale set by its name, which is unique in its group. */
  async findScaleSet(
    runnerGroupId: number,
    name: string,
    signal: AbortSignal,
  ): Promise<ScaleSet | undefined> {
    const action = `find the scale set ${name}`;
    const query = { runnerGroupId: String(runnerGroupId), name };
    return this.#findOne({ action, path: SCALE_SETS, query }, toScaleSet, signal);
  }

  /** @returns undefined when GitHub has none: it also deletes scale sets that were unused for long. */
  async getScaleSet(id: number, signal: AbortSignal): Promise<ScaleSet | undefined> {
    const action = `read the scale set ${id}`;
    return unlessMissing(() =>
      this.#read({ action, method: "GET", path: `${SCALE_SETS}/${id}` }, toScaleSet, signal),
    );
  }

  /**
   * Makes a scale set.
   *
   * @throws `ScaleSetRefusedError`, which is `RunnerScaleSetExistsException` beside one of that name.
   */
  async createScaleSet(scaleSet: NewScaleSet, signal: AbortSignal): Promise<ScaleSet> {
    const action = `create the scale set ${scaleSet.name}`;
    return this.#read(
      { action, method: "POST", path: SCALE_SETS, body: bodyOf({ labels: [scaleSet.name], ...scaleSet }) },
      toScaleSet,
      signal,
    );
  }

  /** Changes a scale set. github.com does not change labels: make another scale set for others. */
  async updateScaleSet(id: number, changes: Partial<NewScaleSet>, signal: AbortSignal): Promise<ScaleSet> {
    const action = `change the scale set ${id}`;
    const body = bodyOf(changes);
    return this.#read({ action, method: "PATCH", path: `${SCALE_SETS}/${id}`, body }, toScaleSet, signal);
  }

  /** Deletes a scale set; its jobs wait for another that has their labels. */
  async deleteScaleSet(id: number, signal: AbortSignal): Promise<Deletion> {
    const action = `delete the scale set ${id}`;
    return unlessAbsent(() =>
      this.#admin.call({ action, method: "DELETE", path: `${SCALE_SETS}/${id}` }, signal),
    );
  }

  /**
   * Opens the session of a scale set, of which there is one at a time.
   *
   * @param ownerName who holds it, for people; shown to others that try.
   * @throws `ScaleSetRefusedError`, which is `RunnerScaleSetSessionConflictException` beside a session that lives, for
   *   example of a process that was killed: GitHub ends it within minutes.
   */
  async openSession(scaleSetId: number, ownerName: string, signal: AbortSignal): Promise<MessageSession> {
    this.#scaleSetId = scaleSetId;
    const session = {
      scaleSetId,
      ownerName,
      admin: this.#admin,
      onToken: this.#onToken,
      transport: this.#transport,
      limits: this.#limits,
      clock: this.#clock,
      userAgent: this.#userAgent,
    };
    return openSession(session, signal);
  }

  /**
   * Registers a runner of a scale set. GitHub has it at once, offline; it is not bound to any job.
   *
   * @throws `ScaleSetRefusedError`, which is `AgentExistsException` beside a runner of that name.
   */
  async createRunner(
    scaleSetId: number,
    { name, workFolder = "_work" }: NewRunner,
    signal: AbortSignal,
  ): Promise<JitRunner> {
    const action = `register the runner ${name}`;
    const path = `${SCALE_SETS}/${scaleSetId}/generatejitconfig`;
    return this.#read({ action, method: "POST", path, body: { name, workFolder } }, toJitRunner, signal);
  }

  /** @returns undefined when GitHub has none. */
  async getRunner(id: number, signal: AbortSignal): Promise<RunnerReference | undefined> {
    const action = `read the runner ${id}`;
    return unlessMissing(() =>
      this.#read({ action, method: "GET", path: `${AGENTS}/${id}` }, toRunner, signal),
    );
  }

  /** Finds a runner by its name. */
  async findRunner(name: string, signal: AbortSignal): Promise<RunnerReference | undefined> {
    const action = `find the runner ${name}`;
    return this.#findOne({ action, path: AGENTS, query: { agentName: name } }, toRunner, signal);
  }

  /**
   * Deletes the registration of a runner.
   *
   * @throws `ScaleSetRefusedError`, which is `JobStillRunningException` for a runner with a job.
   */
  async deleteRunner(id: number, signal: AbortSignal): Promise<Deletion> {
    const action = `delete the runner ${id}`;
    return unlessAbsent(() =>
      this.#admin.call({ action, method: "DELETE", path: `${AGENTS}/${id}` }, signal),
    );
  }

  /** Ends what is under way and frees the connections. Sessions stay: close them first. */
  async close(): Promise<void> {
    await this.#transport.close();
  }

  readonly #userAgent = (): string => userAgent(this.#system, this.#scaleSetId);

  async #read<T>(
    call: ServiceCall,
    decode: (value: unknown) => T | undefined,
    signal: AbortSignal,
  ): Promise<T> {
    const { value } = await this.#admin.call(call, signal);
    const decoded = decode(value);
    if (decoded === undefined) throw new ScaleSetAnswerError(call.action, "misses what was asked for");
    return decoded;
  }

  async #findOne<T>(
    call: Omit<ServiceCall, "method">,
    decode: (value: unknown) => T | undefined,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    const { value } = await this.#admin.call({ ...call, method: "GET" }, signal);
    const fields = fieldsOf(value);
    if (fields === undefined) throw new ScaleSetAnswerError(call.action, "is no list");
    const found = fields.list("value").map(decode);
    if (found.length > 1) throw new ScaleSetAnswerError(call.action, `has ${found.length} of that name`);
    const [only] = found;
    if (found.length === 1 && only === undefined)
      throw new ScaleSetAnswerError(call.action, "misses what was asked for");
    return only;
  }
}

/** GitHub's own client sends all labels as those of the system, so that jobs may ask for them. */
function bodyOf({ name, runnerGroupId, labels, disableUpdate }: Partial<NewScaleSet>) {
  return {
    ...(name !== undefined && { name }),
    ...(runnerGroupId !== undefined && { runnerGroupId }),
    ...(labels !== undefined && { labels: labels.map((label) => ({ type: "System", name: label })) }),
    RunnerSetting: { ...(disableUpdate === true && { disableUpdate }) },
  };
}

async function unlessMissing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (thrown) {
    if (thrown instanceof ScaleSetRefusedError && thrown.status === 404) return undefined;
    throw thrown;
  }
}

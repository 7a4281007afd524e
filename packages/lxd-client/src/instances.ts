import { withDeadline } from "charm-kit";
import { bodyStream, readEnd } from "./body.ts";
import { type Call, json, nameFromURL, path, targetQuery } from "./call.ts";
import { LxdError, OperationError } from "./errors.ts";
import { type Deletion, perform, readTagged, remove, readList } from "./resource.ts";
import type { Transport } from "./transport.ts";
import type { Instance, InstanceSettings, InstanceState, NewInstance, Outcome, Tagged } from "./types.ts";
import { fieldsOf, listOf } from "./envelope.ts";

/** How an instance's state is changed. */
export interface StateChange {
  readonly action: "start" | "stop" | "restart" | "freeze" | "unfreeze";
  /** Ends it at once instead of asking its init to shut down. */
  readonly force?: boolean;
  /** Seconds, 1 or more, that a clean stop may take; LXD takes 0 for force. @default 30 */
  readonly timeoutSeconds?: number;
}

const CLEAN_STOP_SECONDS = 30;

/** Instances of the default project: `/1.0/instances`. */
export class Instances {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Names of all instances, other owners' among them. */
  names(signal: AbortSignal): Promise<readonly string[]> {
    return this.#transport.read("list the instances", "/1.0/instances", toNames, signal);
  }

  /**
   * All instances, or those that match LXD's filter, such as `config.user.owner eq x`. LXD answers a filter it does
   * not understand with an empty list, so keep it simple and check the result again.
   */
  list(filter: string | undefined, signal: AbortSignal): Promise<readonly Instance[]> {
    const query = filter === undefined ? "" : `&filter=${encodeURIComponent(filter)}`;
    const path = `/1.0/instances?recursion=1${query}`;
    const target = { action: "list the instances", path, decode: listOf(toInstance) };
    return readList(this.#transport, target, signal);
  }

  /** @throws {@link LxdError} with `notFound` when it is not there. */
  async get(name: string, signal: AbortSignal): Promise<Instance> {
    return (await this.getTagged(name, signal)).value;
  }

  /** An instance with the ETag that {@link Instances.put} takes. LXD changes it at every start and stop. */
  getTagged(name: string, signal: AbortSignal): Promise<Tagged<Instance>> {
    const target = {
      action: `read instance '${name}'`,
      path: path`/1.0/instances/${name}`,
      decode: toInstance,
    };
    return readTagged(this.#transport, target, signal);
  }

  /** What an instance uses now; costs LXD about 7 ms of a running one. */
  state(name: string, signal: AbortSignal): Promise<InstanceState> {
    const action = `read the state of instance '${name}'`;
    return this.#transport.read(action, path`/1.0/instances/${name}/state`, toState, signal);
  }

  /**
   * The end of what an instance wrote to its console, as LXD keeps it.
   *
   * @param limitBytes most bytes, of the end; untrusted.
   */
  consoleLog(name: string, limitBytes: number, signal: AbortSignal): Promise<string> {
    const action = `read the console of instance '${name}'`;
    return this.#readEnd(action, path`/1.0/instances/${name}/console`, limitBytes, signal);
  }

  /**
   * Makes an instance, which is stopped then. Of two creators of one name one wins: the other gets an
   * {@link OperationError} with `alreadyExists`.
   *
   * @param member of a cluster, to make it on. @default the one with the fewest instances, if there are several
   */
  create(instance: NewInstance, signal: AbortSignal, member?: string): Promise<Outcome> {
    const { source } = instance;
    const sent = source.type === "copy" ? { ...source, instance_only: true } : source;
    const call = this.#post(`create instance '${instance.name}'`, `/1.0/instances${targetQuery(member)}`, {
      ...instance,
      source: sent,
    });
    // Of another server's image all is fetched first.
    const limitMs = "server" in source ? this.#transport.limits.transferMs : undefined;
    return perform(this.#transport, { ...call, limitMs }, signal);
  }

  /**
   * Replaces all settings of an instance.
   *
   * @param etag of {@link Instances.getTagged}; a stale one is refused with `LxdError.stale`.
   */
  put(name: string, settings: InstanceSettings, etag: string, signal: AbortSignal): Promise<Outcome> {
    return perform(
      this.#transport,
      {
        action: `change instance '${name}'`,
        method: "PUT",
        path: path`/1.0/instances/${name}`,
        payload: json(settings),
        headers: { "if-match": etag },
      },
      signal,
    );
  }

  /** Merges settings into those of an instance; an empty text unsets a configuration key. */
  patch(name: string, settings: Partial<InstanceSettings>, signal: AbortSignal): Promise<Outcome> {
    return perform(
      this.#transport,
      {
        action: `change instance '${name}'`,
        method: "PATCH",
        path: path`/1.0/instances/${name}`,
        payload: json(settings),
      },
      signal,
    );
  }

  /**
   * Starts, stops, freezes or unfreezes an instance. One that is in that state already is left as it is.
   *
   * @returns whether something was changed.
   * @throws {@link OperationError} when a clean stop takes longer than `timeoutSeconds`: the instance still runs then;
   *   with `notRunning` when an instance that does not run is to be frozen, unfrozen or restarted.
   */
  async changeState(
    name: string,
    change: StateChange,
    signal: AbortSignal,
  ): Promise<Outcome<"changed" | "already">> {
    const timeout = change.timeoutSeconds ?? CLEAN_STOP_SECONDS;
    const call: Call = {
      action: `${change.action} instance '${name}'`,
      method: "PUT",
      path: path`/1.0/instances/${name}/state`,
      payload: json({ action: change.action, force: change.force ?? false, timeout }),
    };
    try {
      const outcome = await this.#transport.mutate(call, signal);
      return outcome.state === "done" ? { state: "done", value: "changed" } : outcome;
    } catch (thrown) {
      if (isAlready(change.action, thrown)) return { state: "done", value: "already" };
      throw thrown;
    }
  }

  /**
   * The end of a log that LXD keeps of an instance: `lxc.log` of a container, `qemu.log` of a virtual machine. LXD begins
   * a new one at each start.
   *
   * @param limitBytes most bytes to keep.
   * @throws {@link LxdError} with `notFound` when there is none.
   */
  log(name: string, file: string, limitBytes: number, signal: AbortSignal): Promise<string> {
    const action = `read '${file}' of instance '${name}'`;
    return this.#readEnd(action, path`/1.0/instances/${name}/logs/${file}`, limitBytes, signal);
  }

  #readEnd(action: string, target: string, limitBytes: number, signal: AbortSignal): Promise<string> {
    const { limits } = this.#transport;
    return withDeadline(action, limits.callMs, signal, async (limited) => {
      const { body } = await this.#transport.query({ action, method: "GET", path: target }, limited);
      return readEnd(bodyStream(action, this.#transport, body), limitBytes);
    });
  }

  /** Deletes a stopped instance; one that is not there counts as deleted. Refuses a running or a protected one. */
  delete(name: string, signal: AbortSignal): Promise<Outcome<Deletion>> {
    const target = { action: `delete instance '${name}'`, path: path`/1.0/instances/${name}` };
    return remove(this.#transport, target, signal);
  }

  /** Renames a stopped instance. */
  rename(name: string, newName: string, signal: AbortSignal): Promise<Outcome> {
    const call = this.#post(`rename instance '${name}'`, path`/1.0/instances/${name}`, { name: newName });
    return perform(this.#transport, call, signal);
  }

  #post(action: string, target: string, value: unknown): Call {
    return { action, method: "POST", path: target, payload: json(value) };
  }
}

const toNames = listOf((url) => nameFromURL(url as string));

function toInstance(metadata: unknown): Instance {
  const sent = fieldsOf<Instance>(metadata);
  // Whose it is and what is done with it depends on these.
  if (typeof sent.name !== "string" || typeof sent.status !== "string")
    throw new TypeError("It has no name or no status");
  return {
    ...sent,
    config: sent.config ?? {},
    devices: sent.devices ?? {},
    profiles: sent.profiles ?? [],
    expanded_config: sent.expanded_config ?? {},
    expanded_devices: sent.expanded_devices ?? {},
  };
}

function toState(metadata: unknown): InstanceState {
  const sent = fieldsOf<InstanceState>(metadata);
  return {
    ...sent,
    cpu: sent.cpu ?? { usage: 0 },
    memory: sent.memory ?? { usage: 0, usage_peak: 0 },
    disk: sent.disk ?? {},
    network: sent.network ?? {},
  };
}

/**
 * How LXD refuses to bring about a state that is there. A restart of a stopped instance is a failure. One that ends by itself
 * while LXD is about to stop it is said not to run.
 */
const ALREADY: Readonly<Record<StateChange["action"], RegExp | undefined>> = {
  start: /already running/,
  stop: /already stopped|(isn't|is not) running/,
  restart: undefined,
  freeze: /already frozen/,
  unfreeze: /already running/,
};

function isAlready(action: StateChange["action"], thrown: unknown): boolean {
  const isRefusal = thrown instanceof OperationError || thrown instanceof LxdError;
  return isRefusal && ALREADY[action]?.test(thrown.detail) === true;
}

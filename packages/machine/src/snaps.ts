import { isRecord, systemClock, type Clock } from "charm-kit";
import { assertName } from "./command-error.ts";
import { SnapdClient } from "./snapd-client.ts";
import { SnapdError } from "./snapd-error.ts";

/** A snap that is installed. */
export interface InstalledSnap {
  readonly name: string;
  readonly version: string;
  /** Such as `1234`, or `x1` for a local file. */
  readonly revision: string;
  /** The channel that it follows, such as `latest/stable`; empty for a local file. */
  readonly channel: string;
  readonly isClassic: boolean;
  /** Until when automatic refreshes are held back. */
  readonly heldUntil: Date | undefined;
}

/** A snap to have. */
export interface SnapRequest {
  readonly name: string;
  /** Such as `5.21/stable`. @default as it is, `latest/stable` for a new one */
  readonly channel?: string;
  /** A certain revision; hold the snap to keep it. */
  readonly revision?: number;
  /** Consents to a snap without confinement. @default false */
  readonly classic?: boolean;
}

/** Options of {@link Snaps}. */
export interface SnapsOptions {
  /** @default "/run/snapd.socket" */
  readonly socket?: string;
  /** @default the system's clock */
  readonly clock?: Clock;
  /** Milliseconds for one piece of work, such as an installation. @default 15 minutes */
  readonly limitMs?: number;
}

const SNAP = /^(?:[a-z0-9]+-)*[a-z0-9-]*[a-z][a-z0-9-]*(?:_[a-z0-9]{1,10})?$/;
const SERVICE = /^[A-Za-z0-9][A-Za-z0-9-]*$/;
const RISKS = ["stable", "candidate", "beta", "edge"];

/** Snaps of the machine, by the API of snapd. */
export class Snaps {
  readonly #client: SnapdClient;

  constructor({ socket = "/run/snapd.socket", clock = systemClock, limitMs = 900_000 }: SnapsOptions = {}) {
    this.#client = new SnapdClient({ socket, clock, limitMs });
  }

  /** The snap as it is installed; undefined when it is not. */
  async installed(name: string, signal: AbortSignal): Promise<InstalledSnap | undefined> {
    try {
      const request = { method: "GET", path: pathOf(name) } as const;
      return readSnap(name, await this.#client.call(`read the snap ${name}`, request, signal));
    } catch (thrown) {
      if (thrown instanceof SnapdError && thrown.kind === "snap-not-found") return undefined;
      throw thrown;
    }
  }

  /**
   * Installs a snap, or moves it to the channel or revision. Leaves one alone that is as it is wanted.
   *
   * @returns whether anything was done.
   */
  async ensure(request: SnapRequest, signal: AbortSignal): Promise<boolean> {
    const { name, channel, revision, classic = false } = request;
    const now = await this.installed(name, signal);
    const wanted = { channel, revision: revision === undefined ? undefined : String(revision) };
    const isRight =
      now !== undefined &&
      (channel === undefined || fullChannel(channel, now.channel) === now.channel) &&
      (wanted.revision === undefined || wanted.revision === now.revision);
    if (isRight) return false;
    const body = { action: now ? "refresh" : "install", ...given(wanted), ...(classic && { classic }) };
    await this.#act(`${now ? "refresh" : "install"} the snap ${name}`, name, body, signal);
    return true;
  }

  /** Brings a snap to the newest revision of its channel. @returns whether there was a newer one. */
  async refresh(name: string, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#act(`refresh the snap ${name}`, name, { action: "refresh" }, signal);
      return true;
    } catch (thrown) {
      if (thrown instanceof SnapdError && thrown.kind === "snap-no-update-available") return false;
      throw thrown;
    }
  }

  /** Removes a snap, and with `purge` without keeping its data. Ignores one that is not installed. */
  async remove(name: string, signal: AbortSignal, { purge = false } = {}): Promise<void> {
    if (!(await this.installed(name, signal))) return;
    await this.#act(`remove the snap ${name}`, name, { action: "remove", ...(purge && { purge }) }, signal);
  }

  /** Holds automatic refreshes back, until a time or for good. */
  async hold(name: string, signal: AbortSignal, until?: Date): Promise<void> {
    const body = { action: "hold", "hold-level": "auto-refresh", time: until?.toISOString() ?? "forever" };
    await this.#act(`hold the snap ${name}`, name, body, signal);
  }

  async unhold(name: string, signal: AbortSignal): Promise<void> {
    await this.#act(`unhold the snap ${name}`, name, { action: "unhold" }, signal);
  }

  /** Sets options of a snap; null unsets one. */
  async set(name: string, options: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<void> {
    const request = { method: "PUT", path: `${pathOf(name)}/conf`, body: options } as const;
    await this.#client.call(`configure the snap ${name}`, request, signal);
  }

  /** The options of a snap. */
  async get(name: string, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
    const request = { method: "GET", path: `${pathOf(name)}/conf` } as const;
    const options = await this.#client.call(`read the options of the snap ${name}`, request, signal);
    return isRecord(options) ? options : {};
  }

  /**
   * Starts, stops or restarts services of a snap.
   *
   * @param services their names in the snap; none for all.
   */
  async control(
    verb: "start" | "stop" | "restart",
    name: string,
    signal: AbortSignal,
    services: readonly string[] = [],
  ): Promise<void> {
    assertName("snap", name, SNAP);
    for (const service of services) assertName("service of a snap", service, SERVICE);
    const names = services.length === 0 ? [name] : services.map((service) => `${name}.${service}`);
    const request = { method: "POST", path: "/v2/apps", body: { action: verb, names } } as const;
    await this.#client.call(`${verb} ${names.join(", ")}`, request, signal);
  }

  async #act(action: string, name: string, body: object, signal: AbortSignal): Promise<void> {
    await this.#client.call(action, { method: "POST", path: pathOf(name), body }, signal);
  }
}

function pathOf(name: string): string {
  assertName("snap", name, SNAP);
  return `/v2/snaps/${encodeURIComponent(name)}`;
}

/** A risk alone keeps the track, a track alone is stable. */
function fullChannel(channel: string, current: string): string {
  const [first = "", ...rest] = channel.split("/");
  if (!RISKS.includes(first)) return rest.length === 0 ? `${first}/stable` : channel;
  const [track = "latest"] = current.split("/");
  return [track === "" ? "latest" : track, channel].join("/");
}

function readSnap(name: string, result: unknown): InstalledSnap {
  if (!isRecord(result)) throw new SnapdError(`read the snap ${name}`, "snapd's answer is not a snap");
  const text = (key: string) => (typeof result[key] === "string" ? result[key] : "");
  const hold = new Date(text("hold"));
  return {
    name,
    version: text("version"),
    revision: text("revision"),
    channel: text("tracking-channel"),
    isClassic: text("confinement") === "classic",
    heldUntil: Number.isNaN(hold.getTime()) ? undefined : hold,
  };
}

function given(values: Readonly<Record<string, string | undefined>>): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

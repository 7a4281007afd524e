import { join } from "node:path";
import { silentLogger, systemClock } from "charm-kit";
import { LivePage, readPageFiles } from "../../src/service/live-page.ts";
import { LiveViews, type LiveViewsDependencies } from "../../src/service/live-views.ts";
import { MetricsEndpoint, type MetricsEndpointOptions } from "../../src/service/metrics-endpoint.ts";
import { RecentWaits } from "../../src/service/recent-waits.ts";
import type { Capsule } from "../../src/unit/capsules.ts";
import type { ServiceStatus } from "../../src/unit/service-status.ts";
import { sampleStatus } from "./sample-status.ts";
import { freePort } from "../support/free-port.ts";

/** The live page of a unit whose status tests change, served as the runner service does. */
export class LiveSite {
  readonly port: number;
  readonly waits = new RecentWaits();
  readonly views: LiveViews;
  capsules: readonly Capsule[] = [];
  readonly #endpoint: MetricsEndpoint;
  #status: ServiceStatus = sampleStatus();

  private constructor(
    port: number,
    { endpoint, views }: LiveSiteOptions,
    files: Awaited<ReturnType<typeof readPageFiles>>,
  ) {
    this.port = port;
    this.views = new LiveViews({
      status: () => this.#status,
      waits: this.waits,
      takeEvents: () => Promise.resolve(),
      capsules: () => Promise.resolve(this.capsules),
      clock: systemClock,
      log: silentLogger,
      ...views,
    });
    this.#endpoint = new MetricsEndpoint({
      expose: () => Promise.resolve({ contentType: "text/plain", body: "up 1\n" }),
      page: new LivePage(files, this.views),
      log: silentLogger,
      ...endpoint,
    });
  }

  static async open(options: LiveSiteOptions = {}): Promise<LiveSite> {
    const files = await readPageFiles(join(import.meta.dirname, "../../page"));
    const site = new LiveSite(options.port ?? (await freePort()), options, files);
    await site.listen();
    return site;
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  listen(): Promise<void> {
    return this.#endpoint.listen(this.port);
  }

  /** Ends all connections, as the end of the service does. */
  pause(): Promise<void> {
    return this.#endpoint.close();
  }

  show(status: Partial<ServiceStatus>): void {
    this.#status = { ...this.#status, ...status };
    this.views.changed();
  }

  async close(): Promise<void> {
    this.views.close();
    await this.#endpoint.close();
  }
}

export interface LiveSiteOptions {
  readonly port?: number;
  readonly endpoint?: Partial<MetricsEndpointOptions>;
  readonly views?: Partial<LiveViewsDependencies>;
}

/** A unit with runners of every state, jobs, waits and failures. */
export function busyUnit(now: number): {
  readonly status: Partial<ServiceStatus>;
  readonly capsules: readonly Capsule[];
  readonly fill: (waits: RecentWaits) => void;
} {
  const states = ["busy", "busy", "busy", "online", "online", "offline", "busy", "unknown"] as const;
  const runners = states.map((state, index) => ({
    name: `runners-0-${(0x3f9a2c81d4b6 + index * 7919).toString(16)}`,
    state,
    since: now - [754, 96, 3721, 40, 12, 6, 14_000, 3][index]! * 1000,
  }));
  const count = (state: string) => runners.filter((runner) => runner.state === state).length;
  const error = { message: "The pool is full", code: "pool-full" };
  return {
    status: {
      unit: "runners/0",
      activity: { state: "working", since: now - 2000, why: ["demand"], step: "Starting runners 1/2" },
      checkedAt: now - 31_000,
      counts: {
        online: count("online"),
        busy: count("busy"),
        offline: count("offline"),
        unknown: count("unknown"),
        names: runners.map(({ name }) => name),
        busyNames: runners.filter(({ state }) => state === "busy").map(({ name }) => name),
        standby: 1,
      },
      runners,
      wanted: 10,
      capacity: 9,
      demand: { assigned: 7, running: 4, waitingSince: now - 48_000 },
      notices: ["the machine's memory holds 9 runners of 10; give runners less memory or the machine more"],
      failures: [
        {
          cause: "pool-full",
          concern: "creation",
          count: 3,
          reason: "Cannot create a runner: the storage pool has 1.2 GiB left; make it larger",
          error,
          nextAt: now + 75_000,
        },
      ],
      nextAttemptAt: now + 75_000,
      standing: {
        month: new Date(now).toISOString().slice(0, 7),
        refill: { good: 414, total: 415 },
        wait: { good: 395, total: 398 },
        job: { good: 398, total: 398 },
      },
    },
    capsules: [
      {
        runner: "runners-0-3f9a2c81a001",
        cause: "the runner application ended with exit code 134: Out of memory",
        at: now - 5400_000,
      },
    ],
    fill: (waits) => {
      const common = { flavor: "runners", workflow: "CI", repo: "octo/hello", github_event: "push" };
      for (let index = 0; index < 48; index += 1) {
        const timestamp = (now - (48 - index) * 90_000) / 1000;
        const wave = 3 + 2 * Math.sin(index / 4) + ((index * 37) % 11) / 3 + (index % 19 === 7 ? 24 : 0);
        waits.add({ event: "runner_start", timestamp, ...common, idle: 1, queue_duration: wave });
        waits.add({
          event: "runner_installed",
          timestamp,
          flavor: "runners",
          duration: 1.1 + ((index * 13) % 7) / 5,
        });
      }
    },
  };
}

import { readdir } from "node:fs/promises";
import { freemem, totalmem } from "node:os";
import { messageOf, withDeadline, type Clock, type Logger } from "charm-kit";
import type { EventSpool, UnitEvent } from "../metrics/event-spool.ts";
import { contentTypeOf, formatFor } from "../metrics/exposition.ts";
import { MetricRegistry } from "../metrics/metric-registry.ts";
import { UNIT_METRICS } from "../metrics/unit-metric-table.ts";
import type { ServiceStatus } from "../unit/service-status.ts";
import type { Telemetry } from "../unit/telemetry.ts";
import type { UnitFacts } from "../unit/unit-facts.ts";
import type { Exposition } from "./metrics-endpoint.ts";
import { recordEvent } from "./record-event.ts";
import { inSeconds, showStatus } from "./show-status.ts";

export interface UnitExpositionDependencies {
  readonly status: () => ServiceStatus;
  /** The option `reconcile-interval` in minutes; undefined without settings. */
  readonly reconcileMinutes: () => number | undefined;
  readonly spool: Pick<EventSpool, "take">;
  /** Told of each event, once. @default nobody is */
  readonly onEvent?: (event: UnitEvent) => void;
  /** Asks LXD, so that it may fail or hang. */
  readonly facts: (signal: AbortSignal) => Promise<UnitFacts>;
  readonly clock: Clock;
  readonly log: Logger;
  /** The charm's version. */
  readonly version: string;
}

/** LXD may be busy; the other metrics do not wait longer for it. */
const FACTS_MS = 2000;
/** What LXD has said is shown for so long, however often someone scrapes. */
const FACTS_AGE_MS = 15_000;

/** The metrics of the unit, for scrapers: events, status and facts of the machine. */
export class UnitExposition implements Telemetry {
  readonly #dependencies: UnitExpositionDependencies;
  readonly #registry = new MetricRegistry(UNIT_METRICS);
  readonly #ended = new AbortController();
  #collecting: Promise<void> | undefined;
  #factsAt = -Infinity;

  constructor(dependencies: UnitExpositionDependencies) {
    this.#dependencies = dependencies;
    const node = process.versions.node;
    this.#registry.set("github_runner_build_info", { version: dependencies.version, node_version: node }, 1);
  }

  /** The metrics of now. Scrapers at the same time share one look. */
  async expose(accept: string | undefined): Promise<Exposition> {
    this.#collecting ??= this.#collect().finally(() => {
      this.#collecting = undefined;
    });
    await this.#collecting;
    const format = formatFor(accept);
    return { contentType: contentTypeOf(format), body: this.#registry.expose(format) };
  }

  onGithubAnswer({ outcome, seconds, rateLimit }: Parameters<Telemetry["onGithubAnswer"]>[0]): void {
    this.#registry.count("github_runner_github_requests_total", { outcome });
    this.#registry.observe("github_runner_github_request_duration_seconds", {}, seconds);
    if (!rateLimit) return;
    const { limit, remaining, resetAt } = rateLimit;
    this.#registry.set("github_runner_github_rate_limit", {}, limit);
    this.#registry.set("github_runner_github_rate_limit_remaining", {}, remaining);
    this.#registry.set("github_runner_github_rate_limit_reset_timestamp_seconds", {}, resetAt);
  }

  onLxdAnswer({ outcome, seconds }: Parameters<Telemetry["onLxdAnswer"]>[0]): void {
    this.#registry.observe("github_runner_lxd_call_duration_seconds", { outcome }, seconds);
  }

  onDemand(heard: Parameters<Telemetry["onDemand"]>[0]): void {
    const { assigned, running = 0, waitingSince, heardAt, session } = heard ?? {};
    const registry = this.#registry;
    registry.set("github_runner_jobs_assigned", {}, assigned);
    const waiting = assigned === undefined ? undefined : Math.max(0, assigned - running);
    registry.set("github_runner_jobs_waiting", {}, waiting);
    registry.set("github_runner_jobs_waiting_since_timestamp_seconds", {}, inSeconds(waitingSince));
    registry.choose("github_runner_demand_session_state", session);
    registry.set("github_runner_last_success_timestamp_seconds", { work: "demand" }, inSeconds(heardAt));
  }

  onDemandMessage({ waits }: Parameters<Telemetry["onDemandMessage"]>[0]): void {
    this.#registry.count("github_runner_demand_messages_total", {});
    for (const wait of waits)
      this.#registry.observe("github_runner_wait_duration_seconds", { stage: "assigned" }, wait / 1000);
  }

  onPolicyCheck(verdict: Parameters<Telemetry["onPolicyCheck"]>[0]): void {
    this.#registry.count("github_runner_policy_checks_total", { verdict });
  }

  onImage(builtAt: number): void {
    const labels = { work: "image_build" };
    this.#registry.set("github_runner_last_success_timestamp_seconds", labels, inSeconds(builtAt));
  }

  /** Takes the events that hooks and service have left since. Never fails. */
  takeEvents(): Promise<void> {
    return this.#softly("read the events", () => this.#takeEvents());
  }

  /** Ends what is under way. */
  close(): void {
    this.#ended.abort();
  }

  async #collect(): Promise<void> {
    const { status, reconcileMinutes } = this.#dependencies;
    const registry = this.#registry;
    showStatus(registry, status());
    const minutes = reconcileMinutes();
    registry.set(
      "github_runner_reconcile_interval_seconds",
      {},
      minutes === undefined ? undefined : minutes * 60,
    );
    await Promise.all([
      this.takeEvents(),
      this.#softly("read the facts of the unit", () => this.#readFacts()),
      this.#softly("read the facts of the process", () => this.#readProcess()),
    ]);
  }

  async #takeEvents(): Promise<void> {
    const { onEvent, spool } = this.#dependencies;
    for (const event of await spool.take()) {
      recordEvent(this.#registry, event);
      onEvent?.(event);
    }
  }

  async #readFacts(): Promise<void> {
    const { clock, facts } = this.#dependencies;
    const registry = this.#registry;
    const age = clock.now() - this.#factsAt;
    if (age >= 0 && age < FACTS_AGE_MS) return;
    this.#factsAt = clock.now();
    const nothing: UnitFacts = { pool: undefined, application: undefined };
    const read = withDeadline("read the facts of the unit", FACTS_MS, this.#ended.signal, facts);
    const { pool, application } = await read.catch(() => nothing);
    registry.set("github_runner_pool_size_bytes", {}, pool?.size);
    registry.set("github_runner_pool_available_bytes", {}, pool?.available);
    const { checkedAt, seenAt } = application ?? {};
    const labels = { work: "application_check" };
    registry.set("github_runner_last_success_timestamp_seconds", labels, inSeconds(checkedAt));
    registry.set("github_runner_application_seen_timestamp_seconds", {}, inSeconds(seenAt));
  }

  async #readProcess(): Promise<void> {
    const registry = this.#registry;
    registry.set("github_runner_memory_size_bytes", {}, totalmem());
    registry.set("github_runner_memory_available_bytes", {}, freemem());
    registry.set("process_resident_memory_bytes", {}, process.memoryUsage.rss());
    const { user, system } = process.cpuUsage();
    registry.setCount("process_cpu_seconds_total", {}, (user + system) / 1e6);
    registry.set("process_open_fds", {}, (await readdir("/proc/self/fd")).length);
  }

  /** One part that cannot be read must not hide the others. */
  async #softly(action: string, work: () => Promise<void>): Promise<void> {
    await work().catch((thrown: unknown) => {
      this.#dependencies.log.warning("Metrics are incomplete", { action, reason: messageOf(thrown) });
    });
  }
}

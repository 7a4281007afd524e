import { silentLogger, type Clock } from "charm-kit";
import type { UnitEvent } from "../../../src/metrics/event-spool.ts";
import { UnitExposition } from "../../../src/service/unit-exposition.ts";
import type { ImageState, ServiceStatus } from "../../../src/unit/service-status.ts";
import type { RecordedTarget } from "./recording.ts";

/** When the record begins, in milliseconds since the Unix epoch. */
export const START = Date.UTC(2026, 8, 1, 8);
/** How long it is, with a sample each minute. */
export const MINUTES = 120;

const MINUTE = 60_000;
const GIB = 2 ** 30;
const EVENTS = ["push", "pull_request", "schedule", "workflow_dispatch", "merge_group"] as const;

/** What differs between the units: their size, and what goes wrong. */
interface Course {
  readonly wanted: number;
  readonly capacity: number;
  readonly isOffline: (minute: number) => boolean;
  readonly activity: (minute: number) => ServiceStatus["activity"];
  readonly image: (minute: number) => ImageState;
  readonly outdated: (minute: number) => number;
}

const within = (from: number, until: number) => (minute: number) => minute >= from && minute < until;
const waiting = (minute: number) => ({ state: "waiting", until: START + (minute + 2) * MINUTE }) as const;
const working = (minute: number) => ({ state: "working", since: START + minute * MINUTE, why: [] }) as const;

/**
 * Two hours of three units: one is busy, so that jobs wait; GitHub does not answer another one for ten minutes and then
 * limits its requests; the third has too little memory, builds an image, is paused, and replaces its runners.
 */
const COURSES: readonly Course[] = [
  {
    wanted: 8,
    capacity: 8,
    isOffline: () => false,
    activity: (minute) => (minute % 7 === 0 ? working(minute) : waiting(minute)),
    image: () => "current",
    outdated: () => 0,
  },
  {
    wanted: 6,
    capacity: 6,
    isOffline: within(30, 40),
    activity: waiting,
    image: (minute) => (within(100, 110)(minute) ? "refused" : "current"),
    outdated: () => 0,
  },
  {
    wanted: 10,
    capacity: 7,
    isOffline: () => false,
    activity: (minute) => {
      if (minute < 3) return { state: "without settings", reason: "none yet" };
      return within(90, 100)(minute) ? { state: "paused", reason: "a wrong option" } : waiting(minute);
    },
    image: (minute) => (minute < 5 ? "missing" : within(60, 80)(minute) ? "due" : "current"),
    outdated: (minute) => (within(80, 92)(minute) ? 92 - minute : 0),
  },
];

/** The units of the record, as Prometheus would scrape them. */
export function recordedFleet(): readonly RecordedTarget[] {
  return COURSES.map((course, index) => {
    let minute = 0;
    let events: readonly UnitEvent[] = [];
    const clock: Clock = { now: () => START + minute * MINUTE, wait: () => Promise.resolve() };
    const exposition = new UnitExposition({
      status: () => statusAt(course, index, minute),
      reconcileMinutes: () => 10,
      spool: { take: () => Promise.resolve(events) },
      facts: () => Promise.resolve(factsAt(index, minute)),
      clock,
      log: silentLogger,
      version: index === 2 ? "0.1.0-3" : "0.1.0-4",
    });
    return {
      labels: {
        instance: `unit-${index}`,
        job: "github-runner",
        juju_model: "ci",
        juju_model_uuid: "6d1a7c50-0000-4000-8000-000000000000",
        juju_application: "runners",
        juju_unit: `runners/${index}`,
      },
      expose: async (at) => {
        minute = Math.round((at - START) / MINUTE);
        events = eventsAt(course, index, minute);
        tellAnswers(exposition, course, minute);
        if (index === 1) tellDemand(exposition, course, minute);
        return (await exposition.expose("application/openmetrics-text")).body;
      },
    };
  });
}

/** How many runners are busy: a wave, which the first unit cannot serve between the 50th and the 70th minute. */
function busyAt({ wanted, capacity }: Course, index: number, minute: number): number {
  const wave = (Math.sin((minute + index * 20) / 12) + 1) / 2;
  if (index === 0 && within(50, 70)(minute)) return wanted;
  return Math.min(capacity, Math.round(wave * (wanted - 1)));
}

function statusAt(course: Course, index: number, minute: number): ServiceStatus {
  const { wanted, capacity, isOffline, activity, image, outdated } = course;
  const busy = busyAt(course, index, minute);
  const lost = isOffline(minute);
  const offline = minute % 9 === 0 && busy < capacity ? 1 : 0;
  const idle = lost ? 0 : capacity - busy - offline;
  const now = START + minute * MINUTE;
  return {
    unit: `runners/${index}`,
    revision: 1,
    program: "recorded",
    startedAt: START - 3 * 3_600_000,
    activity: activity(minute),
    checkedAt: lost ? START + 29 * MINUTE : now - (minute % 10) * MINUTE,
    counts: {
      online: idle,
      busy,
      offline,
      unknown: lost ? capacity - busy - offline : 0,
      standby: busy === capacity ? 0 : 1,
      names: [],
      busyNames: [],
    },
    runners: [],
    wanted,
    intervalMs: 10 * MINUTE,
    capacity,
    image: image(minute),
    waiting: outdated(minute),
    demand: undefined,
    notices: [],
    fault: undefined,
    failures: lost
      ? (["round", "creation", "lifetime", "removal"] as const).map((concern) => ({
          cause: "github",
          concern,
          count: minute - 29,
          reason: "GitHub does not answer",
          error: { message: "GitHub does not answer" },
          nextAt: now + 2 * MINUTE,
        }))
      : [],
    nextAttemptAt: lost ? now + 2 * MINUTE : undefined,
    settingsFault: undefined,
  };
}

function factsAt(index: number, minute: number) {
  return {
    pool: { size: 100 * GIB, available: (70 - index * 10 - (minute / MINUTES) * 30) * GIB },
    application: {
      version: "2.330.0",
      checkedAt: START + (minute - (minute % 60)) * MINUTE,
      seenAt: START - 5 * 86_400_000,
    },
  };
}

/** Jobs end and runners are replaced as many times in a minute as a third of the busy runners. */
function eventsAt(course: Course, index: number, minute: number): readonly UnitEvent[] {
  const ends = course.isOffline(minute) ? 0 : Math.ceil(busyAt(course, index, minute) / 3);
  const isFull = index === 0 && within(50, 70)(minute);
  const common = { timestamp: (START + minute * MINUTE) / 1000, flavor: "runners" };
  const each = Array.from({ length: ends }, (_, turn) => minute * 7 + turn * 3 + index);
  return [
    ...each.flatMap((seed): UnitEvent[] => {
      const job = {
        ...common,
        workflow: "CI",
        repo: "octo/hello",
        github_event: EVENTS[seed % EVENTS.length] ?? "push",
      };
      const isAbnormal = seed % 41 === 0;
      return [
        {
          ...job,
          event: "runner_start",
          idle: isFull ? 1 : 20 + (seed % 300),
          queue_duration: isFull ? 90 + (seed % 200) : 1 + (seed % 6),
        },
        { event: "first_step", duration: 1 + (seed % 50) / 10 },
        { event: "refill", duration: 0.8 + (seed % 90) / 10 },
        {
          ...job,
          event: "runner_stop",
          status: isAbnormal ? "abnormal" : "normal",
          job_duration: 60 + (seed % 900),
          job_conclusion: ["failure", "success", "success", "success", "cancelled"][seed % 5] ?? "success",
        },
        { ...common, event: "runner_installed", duration: 2 + (seed % 120) / 10 },
        {
          event: "start_stages",
          stages: {
            ...(seed % 3 === 0 ? { cloned: 0.9 + (seed % 10) / 10 } : {}),
            booted: 0.4,
            registered: 0.3,
            online: 1.2,
          },
        },
      ];
    }),
    ...(index === 1 && minute === 45 ? [{ event: "job_killed" } as const] : []),
    {
      ...common,
      event: "reconciliation",
      crashed_runners: index === 1 && minute === 45 ? 2 : 0,
      idle_runners: 1,
      active_runners: 1,
      expected_runners: course.wanted,
      duration: 0.3 + (minute % 10) / 10,
    },
  ];
}

/** The second unit follows GitHub's jobs, and checks their repositories; its session fails with GitHub, and is opened again. */
function tellDemand(exposition: UnitExposition, course: Course, minute: number): void {
  const [lost, running] = [course.isOffline(minute), busyAt(course, 1, minute)];
  const session = lost ? "failing" : minute === 40 ? "opening" : "open";
  const waiting = minute % 5 === 0 ? 2 : 0;
  const now = START + minute * MINUTE;
  const waitingSince = waiting > 0 ? now - 4000 : undefined;
  exposition.onDemand({ session, assigned: running + waiting, running, waitingSince, heardAt: now });
  exposition.onPolicyCheck(lost ? "failed" : minute % 7 === 0 ? "refused" : "allowed");
  if (session === "open") exposition.onDemandMessage({ waits: [800 + (minute % 40) * 100] });
}

function tellAnswers(exposition: UnitExposition, { isOffline }: Course, minute: number): void {
  const lost = isOffline(minute);
  const isLimited = isOffline(minute - 10) && !lost;
  const resetAt = START / 1000 + (Math.floor(minute / 60) + 1) * 3600;
  const left = isLimited ? 0 : 5000 - (minute % 60) * 40;
  for (const turn of [0, 1, 2]) {
    if (lost)
      exposition.onGithubAnswer({
        outcome: turn === 0 ? "no_answer" : "server_error",
        seconds: 5,
        rateLimit: undefined,
      });
    else if (isLimited)
      exposition.onGithubAnswer({
        outcome: "rate_limited",
        seconds: 0.1,
        rateLimit: { limit: 5000, remaining: left, resetAt },
      });
    else
      exposition.onGithubAnswer({
        outcome: turn === 0 ? "ok" : minute % 30 === 7 ? "refused" : "not_modified",
        seconds: 0.12 + turn / 10,
        rateLimit: { limit: 5000, remaining: left, resetAt },
      });
    exposition.onLxdAnswer({
      outcome: minute % 40 === 11 ? "no_answer" : turn === 2 && minute % 13 === 0 ? "refused" : "ok",
      seconds: 0.01 + (minute % 20) / 100,
    });
  }
  if (minute % 60 === 0) exposition.onImage(START + minute * MINUTE);
}

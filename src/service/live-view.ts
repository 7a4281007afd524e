import { lastLines } from "charm-kit";
import { linesOfStanding, standingAt } from "../metrics/standing.ts";
import type { Capsule } from "../unit/capsules.ts";
import type { RunnerActivity, ServiceStatus } from "../unit/service-status.ts";
import type { Wait } from "./recent-waits.ts";
import { wantedRunners } from "./shown-status.ts";

/*
 * The view is a format of its own, which programs that know nothing of runners show too: `top` and `status` of the embedded
 * agent. docs/reference/live-view.md describes it.
 */

/** How something is doing. Readers show it as a shape and a word, never as a colour alone. */
export type Tone = "good" | "busy" | "attention" | "problem";

/** One of many things of a kind, such as a runner. Times are milliseconds since the Unix epoch. */
export interface Cell {
  readonly name: string;
  /** One or two words. */
  readonly state: string;
  readonly tone: Tone;
  /** Since when it has this state. */
  readonly since?: number;
}

export interface Fact {
  readonly name: string;
  readonly value: string;
  /** What the value is about: since then, or at that time when it is in the future. */
  readonly at?: number;
}

export interface Point {
  readonly at: number;
  readonly value: number;
}

export interface Note {
  readonly text: string;
  readonly tone: Tone;
  readonly at?: number;
  /** When it is tried again. */
  readonly nextAt?: number;
}

/** A part of the view. `empty` is shown where there is nothing else. */
export type Section =
  | {
      readonly kind: "grid";
      readonly title: string;
      readonly empty: string;
      readonly cells: readonly Cell[];
    }
  | { readonly kind: "facts"; readonly title: string; readonly facts: readonly Fact[] }
  | {
      readonly kind: "plot";
      readonly title: string;
      readonly empty: string;
      readonly unit: "s";
      /** The oldest comes first. */
      readonly points: readonly Point[];
    }
  | {
      readonly kind: "notes";
      readonly title: string;
      readonly empty: string;
      readonly notes: readonly Note[];
    };

/** A unit at a glance. */
export interface LiveView {
  readonly format: 1;
  /** When it was made. */
  readonly at: number;
  readonly unit: string;
  readonly summary: string;
  readonly tone: Tone;
  readonly sections: readonly Section[];
}

export interface LiveViewSources {
  readonly status: ServiceStatus;
  readonly waits: { readonly jobs: readonly Wait[]; readonly starts: readonly Wait[] };
  /** The newest first. */
  readonly capsules: readonly Capsule[];
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

const MOST_CAPSULES = 8;
/** Failures quote LXD, GitHub and guests. */
const TEXT = { lines: 3, characters: 400 } as const;

const STATES: Readonly<Record<RunnerActivity["state"], Pick<Cell, "state" | "tone">>> = {
  online: { state: "idle", tone: "good" },
  busy: { state: "busy", tone: "busy" },
  offline: { state: "offline", tone: "attention" },
  unknown: { state: "not at GitHub", tone: "attention" },
};

/** The unit at a glance. Pure. All texts are bounded and printable ASCII, whoever told them. */
export function liveView(sources: LiveViewSources): LiveView {
  const { status, waits, now } = sources;
  return {
    format: 1,
    at: now,
    unit: plain(status.unit ?? "a unit without settings"),
    summary: summaryOf(status),
    tone: toneOf(status),
    sections: [
      { kind: "grid", title: "Runners", empty: "There are no runners.", cells: status.runners.map(cellOf) },
      { kind: "facts", title: "Queue", facts: queueOf(status) },
      { kind: "notes", title: "Last failures", empty: "Nothing has failed.", notes: notesOf(sources) },
      { kind: "facts", title: "Objective of this month", facts: standingOf(sources) },
      {
        kind: "plot",
        title: "Waits of the last jobs, until GitHub assigned them",
        empty: "No job has started since the service was started.",
        unit: "s",
        points: waits.jobs,
      },
      {
        kind: "plot",
        title: "Starts of the last runners, until they listened for jobs",
        empty: "No runner was created since the service was started.",
        unit: "s",
        points: waits.starts,
      },
      { kind: "facts", title: "Unit", facts: factsOf(status) },
    ],
  };
}

function summaryOf(status: ServiceStatus): string {
  const { activity, counts } = status;
  const wanted = wantedRunners(status);
  if (activity.state === "paused") return plain(`Paused: ${activity.reason}`);
  if (counts === undefined || wanted === undefined) return "The service has not counted the runners yet";
  const { busy, online: idle, offline, unknown, names } = counts;
  const parts = Object.entries({ busy, idle, offline, "not at GitHub": unknown }).filter(([, n]) => n > 0);
  const listed = parts.map(([state, number]) => `${number} ${state}`).join(", ");
  return `${names.length} of ${wanted} runners${listed === "" ? "" : `: ${listed}`}`;
}

function toneOf(status: ServiceStatus): Tone {
  const { activity, counts, failures, fault, settingsFault } = status;
  const wanted = wantedRunners(status) ?? 0;
  if (fault !== undefined || settingsFault !== undefined || failures.length > 0) return "problem";
  if (activity.state === "paused" || activity.state === "without settings") return "attention";
  const isWhole = counts !== undefined && counts.busy + counts.online >= wanted;
  if (!isWhole) return "attention";
  return counts.busy > 0 ? "busy" : "good";
}

function cellOf({ name, state, since }: RunnerActivity): Cell {
  return { name: plain(name), ...STATES[state], since };
}

function queueOf({ demand }: ServiceStatus): readonly Fact[] {
  if (demand === undefined)
    return [{ name: "Jobs", value: "GitHub tells of waiting jobs with scaling=demand only" }];
  const { assigned, running, waitingSince } = demand;
  const waiting = Math.max(0, assigned - running);
  return [
    { name: "Jobs that wait", value: String(waiting) },
    ...(waiting > 0 && waitingSince !== undefined
      ? [{ name: "Longest wait", value: "since", at: waitingSince }]
      : []),
    { name: "Jobs that run", value: String(running) },
  ];
}

function factsOf(status: ServiceStatus): readonly Fact[] {
  const { capacity, checkedAt, counts, image, nextAttemptAt, waiting } = status;
  const known = (value: number | string | undefined) => (value === undefined ? "not known" : String(value));
  return [
    serviceFact(status),
    { name: "Wanted runners", value: known(wantedRunners(status)) },
    { name: "Machine holds", value: known(capacity) },
    { name: "Standby instances", value: known(counts?.standby) },
    ...(waiting > 0 ? [{ name: "Outdated runners", value: String(waiting) }] : []),
    { name: "Image", value: known(image) },
    ...(checkedAt === undefined ? [] : [{ name: "Last check", value: "ended well", at: checkedAt }]),
    ...(nextAttemptAt === undefined
      ? []
      : [{ name: "Next attempt", value: "of what has failed", at: nextAttemptAt }]),
  ];
}

/** Of the month of now: the service may have been at rest when it began. */
function standingOf({ status: { standing }, now }: LiveViewSources): readonly Fact[] {
  if (standing === undefined) return [{ name: "Standing", value: "not known before the first check" }];
  const present = standingAt(standing, now);
  const lines = linesOfStanding(present);
  return [
    { name: "Month", value: `${present.month} (UTC)` },
    ...lines.map(({ what, value }) => ({ name: what, value })),
  ];
}

function serviceFact({ activity, settingsFault }: ServiceStatus): Fact {
  const name = "Service";
  if (settingsFault !== undefined)
    return { name, value: plain(`cannot read its settings: ${settingsFault}`) };
  switch (activity.state) {
    case "working":
      return {
        name,
        value: plain(`at work: ${activity.step ?? activity.why.join(", ")}`),
        at: activity.since,
      };
    case "waiting":
      return { name, value: "waits, next check", at: activity.until };
    case "paused":
    case "without settings":
      return { name, value: plain(`${activity.state}: ${activity.reason}`) };
  }
}

function notesOf({ status, capsules }: LiveViewSources): readonly Note[] {
  const { failures, fault, notices, settingsFault } = status;
  const told = [fault?.message, settingsFault].filter((reason) => reason !== undefined);
  return [
    ...told.map((reason): Note => ({ text: plain(reason), tone: "problem" })),
    ...failures.map(({ count, nextAt, reason }): Note => {
      const times = count === 1 ? "once" : `${count} times in a row`;
      return { text: plain(`Failed ${times}: ${reason}`), tone: "problem", nextAt };
    }),
    ...notices.map((notice): Note => ({ text: plain(notice), tone: "attention" })),
    ...capsules
      .slice(0, MOST_CAPSULES)
      .map(({ at, cause, runner }): Note => ({ text: plain(`${runner}: ${cause}`), tone: "attention", at })),
  ];
}

/** Terminals and pages show it as it is. */
function plain(text: string): string {
  return lastLines(text, TEXT);
}

import { lastLines } from "charm-kit";
import type { LifeEvent, LifeMoment, Machine, Registration } from "../runners/ports.ts";
import type { Capsule } from "./capsules.ts";
import { RunnerUnknownError } from "./collect-logs.ts";

/** What is known of one runner, and of the others. */
export interface LifeEvidence {
  /** The history of all runners of the unit. */
  readonly moments: readonly LifeMoment[];
  /** The runner's instance, if there is one. */
  readonly machine?: Machine | undefined;
  /** The runner's registration, if there is one. */
  readonly registration?: Registration | undefined;
  /** Why LXD or GitHub could not be read; undefined when both were. */
  readonly blind?: string | undefined;
  readonly capsules: readonly Capsule[];
  /** Names of live runners. */
  readonly names: readonly string[];
}

/** A moment of a life in words. */
export interface ToldMoment {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly text: string;
  /** Who says so. The guest need not tell the truth. */
  readonly source: "unit" | "guest" | "LXD" | "GitHub";
}

export interface Explanation {
  /** How it is with the runner, in one sentence. */
  readonly summary: string;
  readonly moments: readonly ToldMoment[];
}

/** Most other names in the error of an unknown one. */
const MOST_NAMES = 10;
const QUOTED = { lines: 3, characters: 300 } as const;

/**
 * The life of a runner as a timeline. Pure.
 *
 * @throws {@link RunnerUnknownError} for a name that nothing is known of.
 */
export function explainRunner(name: string, evidence: LifeEvidence, now: number): Explanation {
  const { moments, machine, registration, capsules, names } = evidence;
  const own = moments.filter(({ runner }) => runner === name);
  const capsule = capsules.find(({ runner }) => runner === name);
  if (own.length === 0 && !machine && !registration && !capsule) {
    const recent = moments.map(({ runner }) => runner).reverse();
    const others = [...new Set([...names, ...capsules.map(({ runner }) => runner), ...recent])];
    throw new RunnerUnknownError(name, others.slice(0, MOST_NAMES), "explain");
  }
  const told = own.map((moment) => tell(moment));
  const found = capsule && !own.some(({ event }) => event === "found" || event === "failed");
  const kept: ToldMoment[] = found ? [{ at: capsule.at, text: quote(capsule.cause), source: "unit" }] : [];
  const all = [...told, ...kept, ...tellLive(evidence, now)];
  // The order in which moments were recorded holds where times are equal; a guest's clock may be wrong.
  const sorted = all.map((moment, index) => ({ moment, index }));
  sorted.sort((left, right) => left.moment.at - right.moment.at || left.index - right.index);
  return { summary: summaryOf(name, own, evidence), moments: sorted.map(({ moment }) => moment) };
}

/** A line for each moment. */
export function renderTimeline(moments: readonly ToldMoment[]): string {
  return moments
    .map(({ at, text, source }) => {
      const said = source === "guest" ? " (the guest says)" : "";
      return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC  ${text}${said}`;
    })
    .join("\n");
}

function summaryOf(name: string, own: readonly LifeMoment[], evidence: LifeEvidence): string {
  const { blind, capsules, machine, registration } = evidence;
  if (machine) {
    const github = registration
      ? `GitHub lists it as ${registration.busy ? "busy" : registration.online ? "idle" : "offline"}`
      : blind === undefined
        ? "GitHub does not list it"
        : "GitHub could not be asked";
    return `${name} is there: its instance is ${machine.state}; ${github}`;
  }
  const unsure = blind === undefined ? "" : ` (${quote(blind)})`;
  const cause = causeOf(own) ?? capsules.find(({ runner }) => runner === name)?.cause;
  const state = blind === undefined ? "is gone" : "cannot be looked up at the moment";
  return `${name} ${state}: ${cause === undefined ? "the reason is not known" : quote(cause)}${unsure}`;
}

/** What ended it: what the unit found counts before what it decided, and both before the guest's word. */
function causeOf(own: readonly LifeMoment[]): string | undefined {
  for (const moment of [...own].reverse()) {
    if (moment.event === "found") return moment.cause;
    if (moment.event === "failed") return `it could not be created: ${moment.reason}`;
  }
  const decided = own.findLast((moment) => moment.event === "decided");
  const ended = own.findLast((moment) => moment.event === "ended");
  const hadJob = own.some((moment) => moment.event === "job");
  if (ended) return hadJob ? "its job has ended" : describe(ended);
  return decided && `the unit removed it: ${decided.reason}`;
}

function tell(moment: LifeMoment): ToldMoment {
  const isGuest = moment.event === "job" || moment.event === "ended";
  return { at: moment.at, text: quote(describe(moment)), source: isGuest ? "guest" : "unit" };
}

function describe(moment: LifeEvent): string {
  switch (moment.event) {
    case "creating":
      return "creation begun";
    case "registered":
      return `registered at GitHub with the number ${moment.id}`;
    case "started":
      return "its instance runs";
    case "online":
      return `listens for jobs, ${moment.seconds} s after the creation had begun`;
    case "failed":
      return `creation failed: ${moment.reason}`;
    case "job":
      return `job of ${moment.repository}, workflow ${moment.workflow}, run ${moment.runId}`;
    case "ended":
      return `application ended: ${moment.status}${moment.code === undefined ? "" : ` (${moment.code})`}`;
    case "found":
      return `found: ${moment.cause}`;
    case "decided":
      return `to be removed: ${moment.reason}${moment.activity === undefined ? "" : `; its guest says: ${moment.activity}`}`;
    case "stays":
      return "stays: it has a job";
    case "removing":
      return "no longer registered; its instance is being removed";
    case "removed":
      return "removed";
    case "kept":
      return `capsule kept: ${moment.directory}`;
  }
}

function tellLive({ machine, registration }: LifeEvidence, now: number): readonly ToldMoment[] {
  const suspect = machine?.suspectSince;
  return [
    ...(suspect === undefined
      ? []
      : [
          {
            at: suspect,
            text: "offline, not listed, or contradicted by its guest since then",
            source: "GitHub" as const,
          },
        ]),
    ...(machine
      ? [{ at: now, text: `now: its instance is ${machine.state}, ${machine.phase}`, source: "LXD" as const }]
      : []),
    ...(registration
      ? [
          {
            at: now,
            text: `now: ${registration.online ? "online" : "offline"}, ${registration.busy ? "busy" : "idle"}, number ${registration.id}`,
            source: "GitHub" as const,
          },
        ]
      : []),
  ];
}

function quote(text: string): string {
  return lastLines(text, QUOTED);
}

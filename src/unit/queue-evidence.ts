import { CodedError, messageOf } from "charm-kit";
import type { RunnerCounts } from "../runners/observed-runner.ts";
import type { LifeMoment } from "../runners/ports.ts";
import { describeSuspicion, isFresh, type HeardDemand } from "./demand.ts";
import { reasonOfCode, type Obstacle } from "./queue-obstacle.ts";
import type { GroupRules, QueuedJob, QueueReading, QueueSource } from "./ports.ts";
import type { FailureStatus, ServiceStatus } from "./service-status.ts";
import type { ToldError } from "./told-error.ts";

/** The unit's scale set, and what GitHub counts of it. */
export interface ScaleSetEvidence {
  readonly name: string;
  /** undefined where GitHub has no such scale set yet. */
  readonly figures: { readonly assigned: number; readonly running: number } | undefined;
  /** Since when assigned jobs wait, as the runner service has heard it, in milliseconds since the Unix epoch. */
  readonly waitingSince: number | undefined;
  /** Why the runner service hears nothing of jobs; undefined in normal operation. */
  readonly silence: string | undefined;
  /** What the runner service has found amiss with GitHub's jobs; undefined in normal operation. */
  readonly suspicion?: string | undefined;
}

/** What is known of the unit and of the jobs that wait for it. */
export interface QueueEvidence {
  /** What GitHub's REST API shows; undefined where it could not be read. */
  readonly reading: QueueReading | undefined;
  /** undefined with a fixed number of runners. */
  readonly scaleSet: ScaleSetEvidence | undefined;
  /** What jobs may ask for in `runs-on`. */
  readonly labels: readonly string[];
  /** undefined where the group has no rules, or cannot be read. */
  readonly rules: GroupRules | undefined;
  /** Repositories that are public, in lower case. */
  readonly publicRepositories: ReadonlySet<string>;
  /** The option `virtual-machines`. */
  readonly configured: number;
  /** Number of runners beyond them, in place of those of other units that were lost. @default none */
  readonly replacing?: number | undefined;
  /** Number of runners that the machine can hold; undefined where nobody has looked. */
  readonly room: number | undefined;
  /** undefined where LXD or GitHub could not be read. */
  readonly counts: RunnerCounts | undefined;
  /** Whether there is an image to create runners from; undefined where it is not known. */
  readonly hasImage: boolean | undefined;
  /** Why the last build of an image failed. */
  readonly imageFailure: string | undefined;
  /** What the runner service has met; the next attempt comes first. */
  readonly failures: readonly FailureStatus[];
  /** What keeps the unit from working or from looking; the first one counts. */
  readonly obstacles: readonly Obstacle[];
  /** What a person should know, such as a machine that is too small. */
  readonly notices: readonly string[];
  /** How long the last runners took from their creation until they were online. */
  readonly creationSeconds: number | undefined;
}

/** Where the evidence comes from. Nothing of it changes anything. */
export interface QueueEvidenceSources {
  readonly queue: QueueSource;
  /** undefined with a fixed number of runners. */
  readonly scaleSet:
    | {
        readonly name: string;
        /** undefined where GitHub has no such scale set. */
        readonly figures: (signal: AbortSignal) => Promise<ScaleSetEvidence["figures"]>;
        /** Identifies it in `heard`. */
        readonly key: string;
        readonly heard: HeardDemand | null;
      }
    | undefined;
  readonly check: (signal: AbortSignal) => Promise<RunnerCounts>;
  readonly hasImage: (signal: AbortSignal) => Promise<boolean>;
  readonly imageFailure: string | undefined;
  readonly labels: readonly string[];
  readonly configured: number;
  /** The last moments of runners' lives. */
  readonly moments: readonly LifeMoment[];
  /** The status of the runner service; undefined where none does the unit's work. */
  readonly service: ServiceStatus | undefined;
  readonly now: number;
}

/** So many of the last creations tell how long the next one takes. */
const LAST_CREATIONS = 10;

/**
 * Gathers what explains why jobs wait. What cannot be read is an obstacle that is told with the rest.
 *
 * @throws the signal's reason.
 */
export async function gatherEvidence(
  sources: QueueEvidenceSources,
  signal: AbortSignal,
): Promise<QueueEvidence> {
  const { configured, imageFailure, labels, moments, now, queue, scaleSet, service } = sources;
  const found: Obstacle[] = [];
  const attempt = async <T>(work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work;
    } catch (thrown) {
      signal.throwIfAborted();
      found.push(obstacleOf(thrown));
      return undefined;
    }
  };
  const heard = scaleSet && isFresh(scaleSet.heard, scaleSet.key, now) ? scaleSet.heard : undefined;
  const [reading, rules, counts, hasImage, figures] = await Promise.all([
    attempt(queue.read(heard?.repositories ?? [], signal)),
    attempt(queue.groupRules(signal)),
    attempt(sources.check(signal)),
    attempt(sources.hasImage(signal)),
    scaleSet && attempt(scaleSet.figures(signal)),
  ]);
  const publicRepositories = await publicRepositoriesOf(reading?.jobs ?? [], rules, queue, signal);
  return {
    ...{ reading, labels, rules, configured, counts, hasImage, imageFailure, publicRepositories },
    scaleSet: scaleSet && {
      name: scaleSet.name,
      figures: figures ?? heard,
      waitingSince: heard?.waitingSince,
      silence: silenceOf(heard, service),
      suspicion: heard?.suspicion && describeSuspicion(heard.suspicion),
    },
    replacing: service?.replacing,
    room: service?.room,
    failures: service?.failures ?? [],
    obstacles: sortedObstacles([...serviceObstacles(service), ...found]),
    notices: service?.notices ?? [],
    creationSeconds: medianSeconds(moments),
  };
}

/** The obstacle that an error is. Pure. */
export function obstacleOf(thrown: unknown): Obstacle {
  for (let link: unknown = thrown; link instanceof Error; link = link.cause) {
    const reason = link instanceof CodedError ? reasonOfCode(link.code) : undefined;
    if (reason) return { reason, text: link.message };
  }
  return { reason: "configuration", text: messageOf(thrown) };
}

function serviceObstacles(service: ServiceStatus | undefined): readonly Obstacle[] {
  if (service === undefined) return [];
  const { activity, fault } = service;
  if (activity.state === "paused") return [{ reason: "configuration", text: activity.reason }];
  const known = fault && reasonOfTold(fault);
  return fault && known ? [{ reason: known, text: fault.message }] : [];
}

function reasonOfTold(told: ToldError): Obstacle["reason"] | undefined {
  const own = told.code === undefined ? undefined : reasonOfCode(told.code);
  return own ?? (told.cause && reasonOfTold(told.cause));
}

/** What keeps from everything comes before what keeps from looking; each is told once. */
const ORDER: readonly Obstacle["reason"][] = ["configuration", "credentials", "rate-limit", "github", "lxd"];

function sortedObstacles(obstacles: readonly Obstacle[]): readonly Obstacle[] {
  const unique = new Map(obstacles.map((each) => [each.text, each]));
  return [...unique.values()].sort((left, right) => ORDER.indexOf(left.reason) - ORDER.indexOf(right.reason));
}

function silenceOf(heard: HeardDemand | undefined, service: ServiceStatus | undefined): string | undefined {
  if (service === undefined)
    return "the runner service, which hears of jobs, does not run; read its journal: journalctl -u <unit>-runners";
  return heard === undefined
    ? "the runner service has not heard of GitHub's jobs for 5 minutes"
    : heard.fault;
}

/** The public ones of the repositories of jobs, in lower case, where a group refuses those. Best effort. */
export async function publicRepositoriesOf(
  jobs: readonly QueuedJob[],
  rules: GroupRules | undefined,
  queue: QueueSource,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  if (rules === undefined || rules.allowsPublic) return new Set();
  const names = [...new Set(jobs.map(({ repository }) => repository))];
  const answers = await Promise.all(
    names.map(async (name) => ({
      name,
      isPublic: await queue.isPublic(name, signal).catch(() => undefined),
    })),
  );
  signal.throwIfAborted();
  return new Set(answers.filter(({ isPublic }) => isPublic === true).map(({ name }) => name.toLowerCase()));
}

function medianSeconds(moments: readonly LifeMoment[]): number | undefined {
  const last = moments.flatMap((moment) => (moment.event === "online" ? [moment.seconds] : []));
  const sorted = last.slice(-LAST_CREATIONS).sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)];
}

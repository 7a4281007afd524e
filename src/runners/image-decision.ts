import type { RunnerImage } from "./ports.ts";

/** Age at which an image is built afresh for newer packages; up to an hour is added, so that units do not do so at once. */
export const REFRESH_MS = 6 * 60 * 60_000;
const SPREAD_MINUTES = 60;

/** How long a build that failed is not tried again; doubled with each further failure, up to the longest. */
const PAUSE_MS = 10 * 60_000;
const LONGEST_PAUSE_MS = 2 * 60 * 60_000;

/** A build that failed, until one succeeds. */
export interface ImageFailure {
  /** Key of the recipe. */
  readonly recipe: string;
  /** What it said. */
  readonly reason: string;
  /** Milliseconds since the Unix epoch. */
  readonly failedAt: number;
  /** How many have failed since the last success, this one included. */
  readonly attempts: number;
}

/** What a unit knows of its images. */
export interface ImageFacts {
  /** Newest first. */
  readonly images: readonly RunnerImage[];
  /** Key of the recipe that is wanted. */
  readonly recipe: string;
  /** Fingerprint of the programs that the charm works with; an image with others is of no use. */
  readonly programs: string;
  readonly failure: ImageFailure | null;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** Age in milliseconds from which an image is too old. @default REFRESH_MS and the image's own share of an hour */
  readonly refreshMs?: number;
}

/** The image that runners can be made from now, and whether another one is to be built. */
export interface ImageDecision {
  readonly image: RunnerImage | undefined;
  /** `paused`: wanted, and not yet tried again after a failure. */
  readonly build: "none" | "due" | "paused";
}

/**
 * Decides which image runners are made from and whether to build. Pure.
 *
 * Without any image there is nothing else to do than to try: there is no pause then, nor after the recipe has changed.
 */
export function decideImage(facts: ImageFacts): ImageDecision {
  const { recipe, failure, now, refreshMs } = facts;
  const usable = facts.images.filter(({ programs }) => programs === facts.programs);
  const image = usable.find((each) => each.recipe === recipe) ?? usable[0];
  if (!image) return { image, build: "due" };
  const isOld = now - image.builtAt >= (refreshMs ?? REFRESH_MS + shareOfHour(image));
  if (image.recipe === recipe && !isOld) return { image, build: "none" };
  return { image, build: failure?.recipe === recipe && isPause(failure, now) ? "paused" : "due" };
}

function isPause({ failedAt, attempts }: ImageFailure, now: number): boolean {
  const pause = Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** (attempts - 1));
  // A clock that was set back must not make it last.
  return now >= failedAt && now - failedAt < pause;
}

/** The fingerprint serves as a random number that stays the same. */
function shareOfHour({ fingerprint }: RunnerImage): number {
  return (Number.parseInt(fingerprint.slice(0, 8), 16) % SPREAD_MINUTES) * 60_000;
}

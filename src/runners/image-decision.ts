import { isRecent } from "charm-kit";
import { isRefused, type ImageTrial } from "./image-trial.ts";
import type { RunnerImage } from "./ports.ts";

/** Age at which an image is rebuilt for newer packages; up to an hour is added, so that units do not rebuild at the same time. */
export const REFRESH_MS = 6 * 60 * 60_000;
const SPREAD_MINUTES = 60;

/** Pause after a failed build; doubled with each further failure, up to the longest. */
const PAUSE_MS = 10 * 60_000;
const LONGEST_PAUSE_MS = 2 * 60 * 60_000;

/** The last failed build; deleted after a successful one. */
export interface ImageFailure {
  /** Key of the recipe. */
  readonly recipe: string;
  /** The message of its error. */
  readonly reason: string;
  /** Milliseconds since the Unix epoch. */
  readonly failedAt: number;
  /** Number of failures since the last success, including this one. */
  readonly attempts: number;
}

/** The facts that the decision depends on. */
export interface ImageFacts {
  /** Newest first. */
  readonly images: readonly RunnerImage[];
  /** Key of the wanted recipe. */
  readonly recipe: string;
  /** Hash of the guest programs of this charm; it cannot use images with other programs. */
  readonly programs: string;
  readonly failure: ImageFailure | null;
  readonly trial: ImageTrial | null;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** Age in milliseconds from which an image is too old. @default REFRESH_MS and the image's own share of an hour */
  readonly refreshMs?: number;
}

/** The image for new runners, and whether to build another one. */
export interface ImageDecision {
  readonly image: RunnerImage | undefined;
  /** A newer image whose runners fail: it is not used. */
  readonly refused?: RunnerImage;
  /** Earlier images are there that nothing needs any more. */
  readonly hasSurplus?: boolean;
  /** `paused`: due, but the pause after a failure is not over. */
  readonly build: "none" | "due" | "paused";
}

/**
 * Decides which image runners are created from and whether to build another one. Pure.
 *
 * There is no pause without a usable image, nor after a change of the recipe.
 */
export function decideImage(facts: ImageFacts): ImageDecision {
  const { recipe, failure, now, refreshMs, trial } = facts;
  const usable = facts.images.filter(({ programs }) => programs === facts.programs);
  const newest = newestOf(usable, recipe);
  if (!newest) return { image: undefined, build: "due" };
  const others = usable.filter((each) => each !== newest);
  const earlier = isRefused(trial, newest) ? newestOf(others, recipe) : undefined;
  const chosen = earlier ? { image: earlier, refused: newest } : { image: newest };
  const isOld = now - newest.builtAt >= (refreshMs ?? REFRESH_MS + shareOfHour(newest));
  if (newest.recipe === recipe && !isOld) {
    const hasSurplus = trial === null && facts.images.length > 1;
    return { ...chosen, build: "none", ...(hasSurplus && { hasSurplus }) };
  }
  return { ...chosen, build: failure?.recipe === recipe && isPause(failure, now) ? "paused" : "due" };
}

function newestOf(images: readonly RunnerImage[], recipe: string): RunnerImage | undefined {
  return images.find((each) => each.recipe === recipe) ?? images[0];
}

function isPause({ failedAt, attempts }: ImageFailure, now: number): boolean {
  return isRecent(failedAt, { now, withinMs: Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** (attempts - 1)) });
}

/** The fingerprint serves as a random number that stays the same. */
function shareOfHour({ fingerprint }: RunnerImage): number {
  return (Number.parseInt(fingerprint.slice(0, 8), 16) % SPREAD_MINUTES) * 60_000;
}

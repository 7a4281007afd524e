/** Why jobs wait, in a word. The reference of the action `explain-queue` lists them. */
export type QueueReason =
  | "nothing-waits"
  | "configuration"
  | "credentials"
  | "rate-limit"
  | "github"
  | "lxd"
  | "image"
  | "creation-failed"
  | "machine-full"
  | "at-maximum"
  | "labels"
  | "group"
  | "not-heard"
  | "not-assigned"
  | "not-taken"
  | "starting";

/** What keeps the unit from knowing the queue, or from serving it. */
export interface Obstacle {
  readonly reason: QueueReason;
  readonly text: string;
}

/** The reason that an error's code stands for; undefined for errors that have none of their own. Pure. */
export function reasonOfCode(code: string): QueueReason | undefined {
  if (code === "github-rate-limit") return "rate-limit";
  if (CREDENTIALS.has(code)) return "credentials";
  if (CONFIGURATION.has(code)) return "configuration";
  if (code.startsWith("github-")) return "github";
  return code.startsWith("lxd") ? "lxd" : undefined;
}

const CREDENTIALS: ReadonlySet<string> = new Set([
  "github-app",
  "github-access-blocked",
  "github-bad-credentials",
  "github-missing-permission",
  "github-not-found",
]);
const CONFIGURATION: ReadonlySet<string> = new Set([
  "configuration",
  "debug-ssh",
  "github-path",
  "github-runner-group",
  "github-scale-set-taken",
  "github-scale-sets-missing",
  "github-url",
  "immutable-option",
  "secret-content",
  "secret-not-found",
  "secret-option",
]);

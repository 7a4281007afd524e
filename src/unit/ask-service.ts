import { createConnection } from "node:net";
import { isRecent, isRecord, withDeadline } from "charm-kit";
import { LONGEST_ROUND_MS, type ServiceStatus } from "./service-status.ts";

const LIMIT_MS = 2_000;
/** A round that creates many runners is left to the service; who has asked then looks itself. */
const ROUND_LIMIT_MS = 2 * 60_000;
/** The service may have to ask LXD for the address of the bridge. */
const TOKEN_LIMIT_MS = 15_000;
const MOST_BYTES = 1024 * 1024;

/** A token of the built-in policy with the address for its check, or why there is none. */
export type PolicyTokenAnswer = { readonly url: string; readonly token: string } | { readonly fault: string };

/**
 * Asks the unit's runner service how it is. Without an HTTP library: `update-status` asks it at each call.
 *
 * @param path of the service's socket.
 * @returns undefined where no service answers.
 */
export async function askService(path: string, signal: AbortSignal): Promise<ServiceStatus | undefined> {
  return statusIn(await ask(path, { what: "GET /status", limitMs: LIMIT_MS }, signal));
}

/** Which round is waited for. */
export interface AwaitRoundOptions {
  /** Whether it checks what runners stand on, too. @default "whole" */
  readonly kind?: "whole" | "runners";
}

/**
 * Lets the service do a round, and waits for it, at most two minutes.
 *
 * @param path of the service's socket.
 * @returns the status after the round; undefined where no service answers in time.
 */
export async function awaitRound(
  path: string,
  signal: AbortSignal,
  { kind = "whole" }: AwaitRoundOptions = {},
): Promise<ServiceStatus | undefined> {
  const what = kind === "whole" ? "POST /reconcile" : "POST /reconcile/runners";
  return statusIn(await ask(path, { what, header: "Prefer: wait", limitMs: ROUND_LIMIT_MS }, signal));
}

/**
 * Asks the service for a round that looks at the runners alone: whoever asks has looked at what they stand on.
 *
 * @returns whether it has heard it
 */
export async function requestRound(path: string, signal: AbortSignal): Promise<boolean> {
  const answer = await ask(path, { what: "POST /reconcile/runners", limitMs: LIMIT_MS }, signal);
  return answer?.status === 202;
}

/**
 * Asks the service for a one-time token of the built-in policy.
 *
 * @returns undefined where no service answers.
 */
export async function askPolicyToken(
  path: string,
  signal: AbortSignal,
): Promise<PolicyTokenAnswer | undefined> {
  const answer = await ask(path, { what: "POST /policy-token", limitMs: TOKEN_LIMIT_MS }, signal);
  if (answer === undefined) return undefined;
  const { url, token, fault } = isRecord(answer.body) ? answer.body : {};
  if (typeof url === "string" && typeof token === "string") return { url, token };
  return {
    fault: typeof fault === "string" ? fault : "the unit's runner service is of an earlier version",
  };
}

function statusIn(answer: Answer | undefined): ServiceStatus | undefined {
  const { status, body } = answer ?? {};
  // The service is a part of this charm; what has an activity is its status.
  return status === 200 && isRecord(body) && isRecord(body["activity"])
    ? (body as unknown as ServiceStatus)
    : undefined;
}

interface Question {
  /** Method and path. */
  readonly what: string;
  /** @default no other header */
  readonly header?: string;
  readonly limitMs: number;
}

interface Answer {
  /** Of HTTP. */
  readonly status: number;
  readonly body: unknown;
}

/** @returns undefined where no service answers in time, with JSON. */
async function ask(
  path: string,
  { what, header, limitMs }: Question,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  const lines = [`${what} HTTP/1.0`, ...(header === undefined ? [] : [header]), "Content-Length: 0", "", ""];
  try {
    const answer = await withDeadline(`ask the runner service for ${what}`, limitMs, signal, (limited) =>
      exchange(path, lines.join("\r\n"), limited),
    );
    const [head = "", ...rest] = answer.split("\r\n\r\n");
    return { status: Number(head.split(" ")[1]), body: JSON.parse(rest.join("\r\n\r\n")) };
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

function exchange(path: string, request: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path, signal });
    let answer = "";
    socket
      .setEncoding("utf8")
      .on("data", (chunk: string) => {
        answer += chunk;
        if (answer.length > MOST_BYTES) socket.destroy(new Error("the answer is too large"));
      })
      .on("error", reject)
      .on("end", () => {
        resolve(answer);
      })
      // Not its end as well: Node.js drops a request of which the answer takes longer than that.
      .write(request);
  });
}

/** Whether a round has left nothing for a hook to do: no image to build, and no machine to mend. Pure. */
export function leavesNothing({ counts, fault, image }: ServiceStatus): boolean {
  return counts !== undefined && fault === undefined && image === "current";
}

/** Whether the service does the unit's work: a hook needs to look at nothing then. Pure. */
export function isHealthy(
  { activity, checkedAt, intervalMs = 0, settingsFault, startedAt }: ServiceStatus,
  now: number,
): boolean {
  if (settingsFault !== undefined) return false;
  switch (activity.state) {
    case "without settings":
    case "paused":
      return false;
    case "working":
      return isRecent(activity.since, { now, withinMs: LONGEST_ROUND_MS });
    case "waiting":
      return isRecent(checkedAt ?? startedAt, { now, withinMs: 2 * intervalMs });
  }
}

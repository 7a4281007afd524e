import { createConnection } from "node:net";
import { isRecord, withDeadline } from "charm-kit";
import { LONGEST_ROUND_MS, type ServiceStatus } from "./service-status.ts";

const LIMIT_MS = 2_000;
/** A round that creates many runners is left to the service; who has asked then looks itself. */
const ROUND_LIMIT_MS = 2 * 60_000;
const MOST_BYTES = 1024 * 1024;

/**
 * Asks the unit's runner service how it is. Without an HTTP library: `update-status` asks it at each call.
 *
 * @param path of the service's socket.
 * @returns undefined where no service answers.
 */
export async function askService(path: string, signal: AbortSignal): Promise<ServiceStatus | undefined> {
  try {
    const answer = await withDeadline("ask the runner service", LIMIT_MS, signal, (limited) =>
      exchange(path, "GET /status HTTP/1.0\r\n\r\n", limited),
    );
    return statusIn(answer);
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/**
 * Lets the service do a whole round, and waits for it.
 *
 * @param path of the service's socket.
 * @returns the status after the round; undefined where no service answers in time.
 */
export async function awaitRound(path: string, signal: AbortSignal): Promise<ServiceStatus | undefined> {
  try {
    const request = "POST /reconcile HTTP/1.0\r\nPrefer: wait\r\nContent-Length: 0\r\n\r\n";
    const answer = await withDeadline(
      "wait for a round of the runner service",
      ROUND_LIMIT_MS,
      signal,
      (limited) => exchange(path, request, limited),
    );
    return statusIn(answer);
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** Asks the service for a round. @returns whether it has heard it */
export async function requestRound(path: string, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await withDeadline("ask the runner service for a round", LIMIT_MS, signal, (limited) =>
      exchange(path, "POST /reconcile HTTP/1.0\r\nContent-Length: 0\r\n\r\n", limited),
    );
    return answer.split("\r\n", 1)[0]?.includes(" 202 ") === true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

function statusIn(answer: string): ServiceStatus | undefined {
  const [head = "", ...rest] = answer.split("\r\n\r\n");
  const body: unknown = JSON.parse(rest.join("\r\n\r\n"));
  return head.includes(" 200 ") && isRecord(body) && isRecord(body["activity"])
    ? (body as unknown as ServiceStatus)
    : undefined;
}

/** A token of the built-in policy with the address for its check, or why there is none. */
export type PolicyTokenAnswer = { readonly url: string; readonly token: string } | { readonly fault: string };

/** The service may have to ask LXD for the address of the bridge. */
const TOKEN_LIMIT_MS = 15_000;

/**
 * Asks the service for a one-time token of the built-in policy.
 *
 * @returns undefined where no service answers.
 */
export async function askPolicyToken(
  path: string,
  signal: AbortSignal,
): Promise<PolicyTokenAnswer | undefined> {
  try {
    const answer = await withDeadline(
      "ask the runner service for a token",
      TOKEN_LIMIT_MS,
      signal,
      (limited) => exchange(path, "POST /policy-token HTTP/1.0\r\nContent-Length: 0\r\n\r\n", limited),
    );
    const [, ...rest] = answer.split("\r\n\r\n");
    const body: unknown = JSON.parse(rest.join("\r\n\r\n"));
    const { url, token, fault } = isRecord(body) ? body : {};
    if (typeof url === "string" && typeof token === "string") return { url, token };
    return {
      fault: typeof fault === "string" ? fault : "the unit's runner service is of an earlier version",
    };
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
  // A time in the future is from before the clock was set back: nothing follows from it.
  const isWithin = (durationMs: number, at: number) => at <= now && now - at < durationMs;
  switch (activity.state) {
    case "without settings":
    case "paused":
      return false;
    case "working":
      return isWithin(LONGEST_ROUND_MS, activity.since);
    case "waiting":
      return isWithin(2 * intervalMs, checkedAt ?? startedAt);
  }
}

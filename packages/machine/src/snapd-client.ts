import { DeadlineError, isRecord, messageOf, systemErrorCode, withDeadline, type Clock } from "charm-kit";
import { SnapdError } from "./snapd-error.ts";

/** Options of {@link SnapdClient}. */
export interface SnapdClientOptions {
  readonly socket: string;
  readonly clock: Clock;
  readonly limitMs: number;
}

/** A request to snapd. */
export interface SnapdRequest {
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly body?: object;
}

const LARGEST_ANSWER = 16 * 2 ** 20;
/** snapd tries the store for 38 seconds within one request. */
const REQUEST_LIMIT_MS = 120_000;
const POLL_MS = 200;

/** What snapd does in the background. */
const UNFINISHED = ["Do", "Doing", "Undo", "Undoing"];

/** An answer of snapd, not read yet. */
interface Exchanged {
  readonly status: number;
  readonly text: string;
}

/** The REST API of snapd on its socket. */
export class SnapdClient {
  readonly #options: SnapdClientOptions;

  constructor(options: SnapdClientOptions) {
    this.#options = options;
  }

  /**
   * Sends a request, and waits for what snapd does in the background.
   *
   * @throws {@link SnapdError}
   */
  async call(action: string, request: SnapdRequest, signal: AbortSignal): Promise<unknown> {
    const answer = await this.#send(action, request, signal);
    if (answer["type"] !== "async") return answer["result"];
    await this.#changed(action, String(answer["change"]), signal);
    return undefined;
  }

  async #changed(action: string, change: string, signal: AbortSignal): Promise<void> {
    const { clock, limitMs } = this.#options;
    const end = clock.now() + limitMs;
    for (;;) {
      const request = { method: "GET", path: `/v2/changes/${encodeURIComponent(change)}` } as const;
      const isLate = clock.now() >= end;
      const answer = await this.#send(action, request, signal).catch((thrown: unknown) => {
        // snapd restarts within its own work, when that brings a newer snapd.
        if (isLate || !isUnreachable(thrown)) throw thrown;
        return undefined;
      });
      if (answer === undefined) {
        await clock.wait(POLL_MS, signal);
        continue;
      }
      const { result } = answer;
      const status = isRecord(result) ? result["status"] : undefined;
      // Wait: it is done but for a restart of the machine.
      if (status === "Done" || status === "Wait") return;
      if (typeof status !== "string" || !UNFINISHED.includes(status)) {
        const problem = isRecord(result) && typeof result["err"] === "string" ? result["err"] : "";
        throw new SnapdError(action, problem || `snapd's change ${change} is ${String(status)}`, {
          kind: "change",
        });
      }
      if (isLate) throw new SnapdError(action, `snapd's change ${change} has not ended`, { kind: "change" });
      await clock.wait(POLL_MS, signal);
    }
  }

  async #send(
    action: string,
    request: SnapdRequest,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { status, text } = await this.#inTime(action, request, signal);
    let answer: unknown;
    try {
      answer = JSON.parse(text);
    } catch (cause) {
      throw new SnapdError(action, "snapd's answer is not JSON", { status, cause });
    }
    if (!isRecord(answer)) throw new SnapdError(action, "snapd's answer is not an object", { status });
    if (answer["type"] !== "error") return answer;
    const result = isRecord(answer["result"]) ? answer["result"] : {};
    const kind = typeof result["kind"] === "string" ? result["kind"] : "";
    const message = typeof result["message"] === "string" ? result["message"] : "snapd gives no reason";
    throw new SnapdError(action, message, { kind, status });
  }

  async #inTime(action: string, request: SnapdRequest, signal: AbortSignal): Promise<Exchanged> {
    const limitMs = Math.min(this.#options.limitMs, REQUEST_LIMIT_MS);
    try {
      return await withDeadline(action, limitMs, signal, (limited) =>
        this.#exchange(action, request, limited),
      );
    } catch (cause) {
      if (!(cause instanceof DeadlineError)) throw cause;
      const problem = `snapd does not answer within ${limitMs / 1000} seconds; see journalctl --unit=snapd`;
      throw new SnapdError(action, problem, { kind: "unreachable", cause });
    }
  }

  async #exchange(
    action: string,
    { method, path, body }: SnapdRequest,
    signal: AbortSignal,
  ): Promise<Exchanged> {
    const { request } = await import("node:http");
    const { socket } = this.#options;
    const text = body && JSON.stringify(body);
    const headers = text === undefined ? {} : { "content-type": "application/json" };
    return new Promise((resolve, reject) => {
      const fail = (cause: Error) => {
        if (signal.aborted) reject(signal.reason as Error);
        else reject(unreachable(action, socket, cause));
      };
      const sent = request(
        { socketPath: socket, method, path, headers, signal, agent: false },
        (response) => {
          const chunks: Buffer[] = [];
          let size = 0;
          response.on("data", (chunk: Buffer) => {
            size += chunk.length;
            if (size > LARGEST_ANSWER) response.destroy(new Error("its answer is too large"));
            else chunks.push(chunk);
          });
          response.once("error", fail);
          response.once("end", () => {
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
          });
        },
      );
      sent.once("error", fail);
      sent.end(text);
    });
  }
}

function isUnreachable(thrown: unknown): boolean {
  return thrown instanceof SnapdError && thrown.kind === "unreachable";
}

function unreachable(action: string, socket: string, cause: Error): SnapdError {
  const isMissing = systemErrorCode(cause) === "ENOENT";
  const problem = isMissing
    ? `there is no ${socket}; install snapd`
    : `snapd does not answer: ${messageOf(cause)}`;
  return new SnapdError(action, problem, { kind: "unreachable", cause });
}

import { LxdError } from "./errors.ts";
import { isFinal, toOperation } from "./envelope.ts";
import { nameFromURL, path } from "./call.ts";
import type { Transport } from "./transport.ts";
import { withDeadline } from "charm-kit";
import type { Metadata, Operation, Outcome } from "./types.ts";

/** Background operations of the daemon: `/1.0/operations`. */
export class Operations {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** All operations that LXD remembers: those under way, and those that ended in the last 5 seconds. */
  list(signal: AbortSignal): Promise<readonly Operation[]> {
    const decode = (metadata: unknown) =>
      Object.values((metadata ?? {}) as ByStatus)
        .flat()
        .map(toOperation);
    return this.#transport.read("list the operations", "/1.0/operations?recursion=1", decode, signal);
  }

  /** Operations under way that work on an instance; a copy works on its target and on its source. */
  async touching(instance: string, signal: AbortSignal): Promise<readonly Operation[]> {
    const operations = await this.list(signal);
    return operations.filter((operation) => !isFinal(operation) && touches(operation, instance));
  }

  /**
   * Waits for the end of an operation, within the limit of an operation.
   *
   * @throws `OperationError` when it failed.
   */
  wait(id: string, signal: AbortSignal): Promise<Outcome<Metadata>> {
    const action = `wait for operation ${id}`;
    const limit = this.#transport.limits.operationMs;
    return withDeadline(action, limit, signal, (inner) => this.#transport.settle(action, id, inner));
  }

  /**
   * Cancels an operation.
   *
   * @returns `refused` for one that LXD does not let cancel, such as a creation; `absent` when it is not there.
   */
  async cancel(id: string, signal: AbortSignal): Promise<"cancelled" | "refused" | "absent"> {
    const call = {
      action: `cancel operation ${id}`,
      method: "DELETE",
      path: path`/1.0/operations/${id}`,
    } as const;
    try {
      await this.#transport.ask(call, signal);
      return "cancelled";
    } catch (thrown) {
      if (thrown instanceof LxdError && thrown.notFound) return "absent";
      if (thrown instanceof LxdError && thrown.status === 400) return "refused";
      throw thrown;
    }
  }
}

type ByStatus = Readonly<Record<string, readonly unknown[]>>;

/** Whether an operation names the instance among its resources. */
function touches(operation: Operation, instance: string): boolean {
  const urls = [...(operation.resources["instances"] ?? []), ...(operation.resources["containers"] ?? [])];
  return urls.some((url) => nameFromURL(url) === instance);
}

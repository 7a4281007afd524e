import { LxdClientError, OperationError, OperationUnseenError, type LxdClient } from "lxd-client";
import type { InstanceType } from "../runners/ports.ts";
import { InstanceStartError } from "./errors.ts";

/** LXD's log of an instance, and how LXD names the program that it starts it with. */
interface StartLog {
  readonly file: string;
  /** In the text of a failed start that the log explains. Others, such as a missing device, explain themselves. */
  readonly program: RegExp;
  /** The lines that have the reason. */
  readonly select: (lines: readonly string[]) => readonly string[];
}

const LINES = 3;

const LOGS: Readonly<Record<InstanceType, StartLog>> = {
  // The first error is the reason; those after it follow from it.
  container: {
    file: "lxc.log",
    program: /forkstart/,
    select: (lines) => lines.flatMap(lxcError).slice(0, LINES),
  },
  "virtual-machine": { file: "qemu.log", program: /qemu/i, select: (lines) => lines.slice(-LINES) },
};

const LOG_BYTES = 64 * 1024;
const LONGEST_REASON = 400;

/**
 * Starts an instance. For a start that fails in LXC or QEMU, LXD tells only that the program has failed: then the reason
 * is read from LXD's log of the instance.
 *
 * LXD itself waits up to 30 seconds for the stop hook of a container that failed before its hooks, and refuses
 * everything else about the instance until then; a deadline here would gain nothing.
 *
 * @throws InstanceStartError with the reason; the error of LXD when its log has none; `OperationUnseenError` when LXD has
 *   forgotten the start, and the instance does not run.
 */
export async function startInstance(
  client: LxdClient,
  { name, type }: { readonly name: string; readonly type: InstanceType },
  signal: AbortSignal,
): Promise<void> {
  try {
    const outcome = await client.instances.changeState(name, { action: "start" }, signal);
    if (outcome.state === "done") return;
    // LXD has forgotten the operation, and with it whether it succeeded.
    const { status } = await client.instances.get(name, signal);
    if (status === "Stopped") throw new OperationUnseenError(`start instance '${name}'`, outcome.operationId);
  } catch (thrown) {
    const { file, program, select } = LOGS[type];
    if (!(thrown instanceof OperationError) || !program.test(thrown.detail)) throw thrown;
    const log = await client.instances.log(name, file, LOG_BYTES, signal).catch((cause: unknown) => {
      if (cause instanceof LxdClientError) return "";
      throw cause;
    });
    const reason = told(select(log.split("\n").filter((line) => line.trim() !== "")));
    if (reason === "") throw thrown;
    throw new InstanceStartError(name, reason, { cause: thrown });
  }
}

/** The text of an error in LXC's log: `lxc <name> <time> ERROR <module> - <file>:<function>:<line> - <text>`. */
function lxcError(line: string): readonly string[] {
  const text = /^lxc (?:\S+ )?\S+ (?:ERROR|CRIT|ALERT|FATAL|EMERG) +\S+ - \S+ - (.*)$/.exec(line)?.[1];
  return text === undefined ? [] : [text];
}

/** Bounded, on one line, and without the passwords of URLs. */
function told(lines: readonly string[]): string {
  const text = lines.map((line) => line.trim()).join("; ");
  return text
    .replaceAll(/\p{Cc}+/gu, " ")
    .replaceAll(/(\/\/)[^/@\s]*@/g, "$1[redacted]@")
    .slice(0, LONGEST_REASON);
}

import { AgentRequestError } from "./agent-errors.ts";
import type { AgentSession } from "./agent-session.ts";
import { flushed, type ContextRunner } from "./hooks/context-runner.ts";

/** How a script ended, and its output. */
export interface ExecOutcome {
  /** -1 when a signal ended the script. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs scripts in units, as `juju-exec` does. */
export class ScriptRunner {
  readonly #session: AgentSession;
  readonly #contexts: ContextRunner;

  constructor(session: AgentSession, contexts: ContextRunner) {
    this.#session = session;
    this.#contexts = contexts;
  }

  /** @throws AgentRequestError when the unit is unknown or its charm is not installed yet */
  async run(name: string, script: string, signal: AbortSignal): Promise<ExecOutcome> {
    if (this.#session.unit(name).operation.kind === "deploy") {
      throw new AgentRequestError(
        `Cannot run commands in ${name}: its charm is not installed yet, run resolve`,
      );
    }
    const ended = await this.#contexts.run({ unit: name, task: { kind: "commands", script } }, signal);
    const { outcome, pending } = ended;
    const { exitCode, stdout } = outcome;
    const { refusal } = pending;
    const change =
      exitCode === undefined || refusal !== undefined
        ? { runningContext: undefined }
        : flushed(this.#session.unit(name), pending);
    await this.#session.updateUnit(name, change);
    signal.throwIfAborted();
    const stderr = `${outcome.stderr.toString("utf8")}${refusal === undefined ? "" : `ERROR ${refusal}\n`}`;
    // A flush that Juju refuses fails the task of `juju exec`, also after a script that succeeded.
    const code = exitCode === 0 && refusal !== undefined ? 1 : (exitCode ?? -1);
    return { exitCode: code, stdout: stdout.toString("utf8"), stderr };
  }
}

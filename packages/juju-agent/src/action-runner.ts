import { isUtf8 } from "node:buffer";

import type { JsonObject } from "juju-hook-tools";
import { AgentRequestError } from "./agent-errors.ts";
import type { AgentSession } from "./agent-session.ts";
import type { ActionDefinition } from "./charm/action-definitions.ts";
import { resolveActionParameters } from "./charm/action-parameters.ts";
import type { ProcessOutcome } from "juju-hook-tools";
import { flushed, type ContextRunner, type EndedContext } from "./hooks/context-runner.ts";
import { withUnit, type ActionRecord, type AgentState } from "./state/agent-state.ts";

const KEPT_ACTIONS = 100;

/** Runs the actions of a charm. */
export class ActionRunner {
  readonly #session: AgentSession;
  readonly #contexts: ContextRunner;

  constructor(session: AgentSession, contexts: ContextRunner) {
    this.#session = session;
    this.#contexts = contexts;
  }

  /**
   * Runs an action and waits for it.
   *
   * @returns the record; with the status `error` when the parameters are invalid, as under Juju.
   * @throws AgentRequestError when the action is not defined, or the unit is not installed
   * @throws the signal's reason when the signal ended the action
   */
  async run(
    call: { readonly unit: string; readonly action: string; readonly parameters?: JsonObject },
    signal: AbortSignal,
  ): Promise<ActionRecord> {
    const action = await this.#enqueue(call);
    if (action.status === "error") return action;
    const ended = await this.#contexts.run(
      {
        unit: action.unit,
        task: { kind: "action", name: action.name, id: action.id },
        parameters: action.parameters,
      },
      signal,
    );
    const finished = finish(this.#recordOf(action), ended, signal.aborted);
    await this.#session.update((state) => committed(state, finished, ended));
    signal.throwIfAborted();
    return finished;
  }

  async #enqueue(call: Parameters<ActionRunner["run"]>[0]): Promise<ActionRecord> {
    const unit = this.#session.unit(call.unit);
    const { actions } = this.#session.application(unit.application).charm.definition;
    const definition = Object.hasOwn(actions, call.action) ? actions[call.action] : undefined;
    if (!definition) {
      throw new AgentRequestError(
        `Cannot run the action: action "${call.action}" not defined on unit "${unit.name}"`,
      );
    }
    if (!unit.installed)
      throw new AgentRequestError(`Cannot run the action: ${unit.name} is not installed, run resolve`);
    const record: ActionRecord = {
      ...(await checked(definition, call.parameters ?? {})),
      id: String(this.#session.state.nextActionId),
      unit: unit.name,
      name: call.action,
      results: {},
      log: [],
    };
    await this.#session.update((state) => ({
      ...state,
      actions: [...state.actions, record].slice(-KEPT_ACTIONS),
      nextActionId: state.nextActionId + 1,
    }));
    return record;
  }

  /** The action's current record, with the messages it has logged. */
  #recordOf(action: ActionRecord): ActionRecord {
    return this.#session.state.actions.find(({ id }) => id === action.id) ?? action;
  }
}

/** Juju accepts an action with wrong parameters, and ends its task before the unit runs anything. */
async function checked(
  definition: ActionDefinition,
  given: JsonObject,
): Promise<Pick<ActionRecord, "parameters" | "status" | "message">> {
  try {
    const parameters = await resolveActionParameters(definition, given);
    return { parameters, status: "running", message: "" };
  } catch (thrown) {
    if (!(thrown instanceof AgentRequestError)) throw thrown;
    return { parameters: given, status: "error", message: thrown.message };
  }
}

/** The final record of an action; results are kept even when it failed. */
function finish(
  action: ActionRecord,
  { outcome, action: progress, pending }: EndedContext,
  aborted: boolean,
): ActionRecord {
  const refusal = outcome.exitCode === 0 ? pending.refusal : undefined;
  const results = { ...progress?.results, ...capturedResults(withRefusal(outcome, refusal)) };
  if (aborted) return { ...action, status: "aborted", message: "action cancelled", results };
  // For Juju, the end of the process comes before the message of action-fail, and that before a refusal.
  if (outcome.exitCode !== 0) return { ...action, status: "failed", message: describeEnd(outcome), results };
  if (progress?.failure !== undefined)
    return { ...action, status: "failed", message: progress.failure, results };
  if (refusal !== undefined)
    return { ...action, status: "failed", message: "committing requested changes failed", results };
  return { ...action, status: "completed", results };
}

/** Juju adds the controller's refusal to stderr, and keeps the return code of the process. */
function withRefusal(outcome: ProcessOutcome, refusal: string | undefined): ProcessOutcome {
  if (refusal === undefined) return outcome;
  return { ...outcome, stderr: Buffer.concat([outcome.stderr, Buffer.from(refusal)]) };
}

/** Describes the end of a process in Go's words, as Juju does. */
function describeEnd({ exitCode, signal, startError }: ProcessOutcome): string {
  if (startError) return startError.message;
  return signal === undefined
    ? `exit status ${exitCode ?? 1}`
    : `signal: ${signal === "SIGKILL" ? "killed" : signal}`;
}

function capturedResults({ exitCode, stdout, stderr }: ProcessOutcome): JsonObject {
  return { "return-code": exitCode ?? -1, ...captured("stdout", stdout), ...captured("stderr", stderr) };
}

function captured(name: "stdout" | "stderr", bytes: Buffer): JsonObject {
  if (bytes.length === 0) return {};
  if (isUtf8(bytes)) return { [name]: bytes.toString("utf8") };
  return { [name]: bytes.toString("base64"), [`${name}-encoding`]: "base64" };
}

/** Commits the action's model changes if its process exited with 0, even after action-fail. */
function committed(
  state: AgentState,
  finished: ActionRecord,
  { outcome, pending }: EndedContext,
): AgentState {
  const unit = state.units[finished.unit];
  const actions = state.actions.map((action) => (action.id === finished.id ? finished : action));
  const isFlushed = outcome.exitCode === 0 && pending.refusal === undefined;
  const change = unit && isFlushed ? flushed(unit, pending) : { runningContext: undefined };
  return withUnit({ ...state, actions }, finished.unit, change);
}

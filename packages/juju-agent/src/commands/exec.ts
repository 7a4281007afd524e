import { AgentRequestError } from "../agent-errors.ts";
import type { ExecOutcome } from "../script-runner.ts";
import type { AddVerbs, CommandCall } from "./command.ts";
import { targetUnit } from "./target.ts";

export const addExec: AddVerbs = ({ add, run }) => {
  add("exec", "Run a shell command in a unit, with its hook tools")
    .argument("<command...>", "the command; write -- before it")
    .option("--unit <unit>", "the unit, if there are several")
    .action((words, options) =>
      run(async (call) => {
        const unit = await targetUnit(call.agent, options.unit);
        const outcome = await call.agent.exec(unit, words.join(" "), call.signal);
        call.report(answerOf(unit, outcome), outcome.stdout);
        if (!call.isJson) call.printError(outcome.stderr);
        return codeOf(outcome);
      }),
    );

  add("dispatch-event", "Dispatch a custom event of the charm, as its timers do")
    .description(
      "Dispatches a custom event of the charm, as its timers do. A charm of the framework juju-charm exits with 2 when it " +
        "does not have the event; others may ignore it.",
    )
    .argument("<event>", "name of the event")
    .option("--unit <unit>", "the unit, if there are several")
    .action((event, options) =>
      run(async (call) => {
        const unit = await targetUnit(call.agent, options.unit);
        const outcome = await call.agent.dispatchEvent(unit, event, call.signal);
        call.report(answerOf(unit, outcome), "");
        return call.isJson ? codeOf(outcome) : pass(call, outcome);
      }),
    );
};

/** Dispatches an event in all units, one after the other. @throws AgentRequestError of the first unit where it failed */
export async function dispatchEverywhere(call: CommandCall, event: string): Promise<void> {
  const failed: string[] = [];
  const { applications } = await call.agent.status();
  for (const unit of Object.values(applications).flatMap(({ units }) => Object.keys(units))) {
    if (pass(call, await call.agent.dispatchEvent(unit, event, call.signal)) !== 0) failed.push(unit);
  }
  if (failed.length > 0)
    throw new AgentRequestError(`Cannot dispatch ${event} in ${failed.join(", ")}: see debug-log`);
}

/** Passes on the output of the charm; with `--quiet` only after a failure. */
function pass(call: CommandCall, outcome: ExecOutcome): number {
  const code = codeOf(outcome);
  (code === 0 ? call.printDetail : call.print)(outcome.stdout);
  if (code !== 0 || outcome.stderr !== "") call.printError(outcome.stderr);
  return code;
}

function answerOf(unit: string, outcome: ExecOutcome): object {
  const { stdout, stderr } = outcome;
  return { unit, "return-code": codeOf(outcome), stdout, stderr };
}

function codeOf({ exitCode }: ExecOutcome): number {
  return exitCode < 0 ? 1 : exitCode;
}

import { Option } from "@commander-js/extra-typings";

import { AWAITABLE, type WaitOutcome } from "../wait-for-status.ts";
import { readDuration, type AddVerbs } from "./command.ts";
import { targetUnit } from "./target.ts";

/** Exit codes of `wait`, by outcome. */
const CODES: Readonly<Record<WaitOutcome, number>> = {
  reached: 0,
  blocked: 3,
  late: 4,
  error: 5,
};

export const addWait: AddVerbs = ({ add, run }) => {
  add("wait", "Wait until a unit has a status, at most for a given time")
    .description(
      "Waits until a unit has a status and its hooks have ended. Exits with 0 when it has, 3 when the unit is blocked, " +
        "5 when it is in error, and 4 when the time is up, as while the unit is waiting or in maintenance.",
    )
    .option("--unit <unit>", "the unit, if there are several")
    .addOption(new Option("--for <status>", "the status").choices(AWAITABLE).default("active" as const))
    .option("--timeout <duration>", "longest wait, such as 90s, 10m or 2h", readDuration, 600_000)
    .action((options) =>
      run(async ({ agent, report, signal }) => {
        const unit = await targetUnit(agent, options.unit);
        const wanted = { unit, status: options.for, timeoutMs: options.timeout };
        const { outcome, current, message } = await agent.wait(wanted, signal);
        report(
          { unit, outcome, current, message },
          `${unit}: ${current}${message === "" ? "" : `: ${message}`}\n`,
        );
        return CODES[outcome];
      }),
    );
};

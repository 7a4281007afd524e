import { Argument } from "@commander-js/extra-typings";
import { FIREABLE_HOOKS } from "../hooks/hook-names.ts";
import type { AddVerbs } from "./command.ts";
import { targetUnit } from "./target.ts";

export const addHooks: AddVerbs = ({ add, run }) => {
  add("update-status", "Run the hooks that are due, and update-status, in all units")
    .description(
      "Runs the hooks that are due, such as start after a reboot of the machine, and then update-status, in all units or " +
        "in one. Let cron or a systemd timer run it at boot and every five minutes.",
    )
    .option("--unit <unit>", "only this unit")
    .action((options) =>
      run(async ({ agent, installation, signal }) => {
        // No verb has installed this program: charms may call another one, which was there before.
        if (installation.product.managedBy !== undefined) await agent.renewTools(signal);
        if (options.unit !== undefined) await agent.fireHook(options.unit, "update-status", signal);
        else await agent.updateStatus(signal);
        return 0;
      }),
    );

  add("fire-hook", "Run a hook now")
    .addArgument(new Argument("<hook>", "the hook").choices(FIREABLE_HOOKS))
    .option("--unit <unit>", "the unit, if there are several")
    .action((hook, options) =>
      run(async ({ agent, signal }) => {
        await agent.fireHook(await targetUnit(agent, options.unit), hook, signal);
        return 0;
      }),
    );

  add("resolve", "Retry a unit's failed hook, or with --no-retry mark it as done")
    .option("--unit <unit>", "the unit, if there are several")
    .option("--no-retry", "mark the failed hook as done")
    .action((options) =>
      run(async ({ agent, signal }) => {
        await agent.resolve(await targetUnit(agent, options.unit), options.retry, signal);
        return 0;
      }),
    );
};

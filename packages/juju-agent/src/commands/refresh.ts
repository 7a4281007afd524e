import { resolve } from "node:path";

import type { AddVerbs } from "./command.ts";
import { targetApplication } from "./target.ts";

export const addRefresh: AddVerbs = ({ add, run }) => {
  add("refresh", "Replace an application's charm")
    .argument("<archive>", "path of the .charm file")
    .option("--app <name>", "the application, if there are several")
    .option("--force", "also after a failed hook", false)
    .action((archive, { app, force }) =>
      run(async ({ agent, signal }) => {
        await agent.refresh(await targetApplication(agent, app), resolve(archive), force, signal);
        return 0;
      }),
    );
};

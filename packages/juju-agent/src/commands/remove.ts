import type { AddVerbs } from "./command.ts";
import { targetApplication } from "./target.ts";

export const addRemove: AddVerbs = ({ add, run }) => {
  add("remove", "Stop and remove an application's units")
    .option("--app <name>", "the application, if there are several")
    .option("--force", "also when hooks fail", false)
    .action(({ app, force }) =>
      run(async ({ agent, report, signal }) => {
        const application = await targetApplication(agent, app);
        await agent.remove(application, force, signal);
        report({ application }, `${application} removed\n`);
        return 0;
      }),
    );
};

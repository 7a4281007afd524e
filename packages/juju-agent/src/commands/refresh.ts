import { archiveArgument, archivePath } from "./archive-argument.ts";
import type { AddVerbs } from "./command.ts";
import { targetApplication } from "./target.ts";

export const addRefresh: AddVerbs = ({ add, run, product }) => {
  add("refresh", "Replace an application's charm")
    .argument(...archiveArgument(product))
    .option("--app <name>", "the application, if there are several")
    .option("--force", "also after a failed hook", false)
    .action((archive, { app, force }) =>
      run(async ({ agent, signal }) => {
        await agent.refresh(
          await targetApplication(agent, app),
          archivePath(product, archive),
          force,
          signal,
        );
        return 0;
      }),
    );
};

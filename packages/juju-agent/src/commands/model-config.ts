import { stringify } from "yaml";

import { formatOption, readPair, type AddVerbs } from "./command.ts";

export const addModelConfig: AddVerbs = ({ add, run }) => {
  add(
    "model-config",
    "Print or change model settings, such as juju-http-proxy; then all units run config-changed",
  )
    .argument("[pairs...]", "KEY=VALUE to change settings")
    .addOption(formatOption(["yaml", "json"]))
    .action((pairs) =>
      run(async ({ agent, report, signal }) => {
        if (pairs.length > 0) {
          await agent.configureModel(Object.fromEntries(pairs.map(readPair)), signal);
          return 0;
        }
        const settings = await agent.modelConfiguration();
        report(settings, stringify(settings, { lineWidth: 0 }));
        return 0;
      }),
    );
};

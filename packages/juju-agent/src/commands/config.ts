import { stringify } from "yaml";

import { AgentRequestError } from "../agent-errors.ts";
import type { ConfigDescription } from "../charm/config-description.ts";
import { collect, formatOption, type AddVerbs } from "./command.ts";
import { readConfigFile, readConfigPairs } from "./config-input.ts";
import { targetApplication } from "./target.ts";

export const addConfig: AddVerbs = ({ add, run }) => {
  add("config", "Print or change the configuration of an application")
    .argument("[words...]", "KEY to print one option; KEY=VALUE or KEY=@FILE to change options")
    .option("--app <name>", "the application, if there are several")
    .option("--reset <keys>", "return options, separated by commas, to their defaults", collect, [])
    .option("--file <path>", "change the options in a YAML file")
    .addOption(formatOption(["yaml", "json"]))
    .action((words, options) =>
      run(async ({ agent, report, signal }) => {
        const application = await targetApplication(agent, options.app);
        const reset = options.reset.flatMap((keys) => keys.split(",")).map((key) => [key, null] as const);
        const [key] = words;
        const reads = words.length < 2 && key?.includes("=") !== true && options.file === undefined;
        if (reads && reset.length === 0) {
          const settings = chosen(await agent.configuration(application), key);
          report({ settings }, render(settings, key));
          return 0;
        }
        const names = [application, await agent.charmOf(application)];
        const fromFile = options.file === undefined ? {} : await readConfigFile(options.file, names);
        const change = { ...Object.fromEntries(reset), ...fromFile, ...(await readConfigPairs(words)) };
        await agent.configure(application, change, signal);
        return 0;
      }),
    );
};

/** All options, or one of them. @throws AgentRequestError */
function chosen(settings: ConfigDescription, key: string | undefined): ConfigDescription {
  if (key === undefined) return settings;
  const option = Object.hasOwn(settings, key) ? settings[key] : undefined;
  if (!option) throw new AgentRequestError(`Cannot read the configuration: unknown option "${key}"`);
  return { [key]: option };
}

function render(settings: ConfigDescription, key: string | undefined): string {
  if (key === undefined) return stringify({ settings }, { lineWidth: 0 });
  const value = settings[key]?.value;
  return `${value === undefined ? "" : String(value)}\n`;
}

import { stringify } from "yaml";

import { AgentRequestError } from "../agent-errors.ts";
import type { ConfigValue } from "../charm/config-options.ts";
import { readConfigFile, readConfigPairs } from "./config-input.ts";
import { targetApplication } from "./target.ts";
import { readArguments, type Command } from "./command.ts";

export const configCommand: Command = {
  name: "config",
  usage:
    "[--app NAME] [KEY | KEY=VALUE... | KEY=@FILE...] [--reset KEY,...] [--file FILE.yaml] [--format yaml|json]",
  summary: "Print or change the configuration of an application",
  run: async ({ agent, argv, print, signal }) => {
    const { values, positionals } = readArguments(argv, {
      app: { type: "string" },
      reset: { type: "string", multiple: true, default: [] },
      file: { type: "string" },
      format: { type: "string", default: "yaml" },
    });
    const application = await targetApplication(agent, values.app);
    const reset = values.reset.flatMap((names) => names.split(",")).map((name) => [name, null] as const);
    const [key] = positionals;
    const reads = positionals.length < 2 && key?.includes("=") !== true && values.file === undefined;
    if (reads && reset.length === 0) {
      print(await render(agent.configuration(application), key, values.format));
      return 0;
    }
    const fromFile = values.file === undefined ? {} : await readConfigFile(values.file, application);
    const change = { ...Object.fromEntries(reset), ...fromFile, ...(await readConfigPairs(positionals)) };
    await agent.configure(application, change, signal);
    return 0;
  },
};

async function render(
  configuration: Promise<Readonly<Record<string, { readonly value?: ConfigValue }>>>,
  key: string | undefined,
  format: string,
): Promise<string> {
  const settings = await configuration;
  if (key === undefined) {
    return format === "json"
      ? `${JSON.stringify({ settings })}\n`
      : stringify({ settings }, { lineWidth: 0 });
  }
  const option = settings[key];
  if (!option) throw new AgentRequestError(`Cannot read the configuration: unknown option "${key}"`);
  return `${option.value === undefined ? "" : String(option.value)}\n`;
}

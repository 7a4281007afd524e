import { parse, stringify } from "yaml";

import type { JsonObject, JsonValue } from "juju-hook-tools";
import { isRecord } from "charm-kit";
import { AgentRequestError } from "../agent-errors.ts";
import type { ActionRecord } from "../state/agent-state.ts";
import { readYaml } from "./config-input.ts";
import { targetUnit } from "./target.ts";
import { readArguments, readPair, type Command } from "./command.ts";

export const runCommand: Command = {
  name: "run",
  usage:
    "[--unit UNIT] <action> [KEY.KEY...=VALUE]... [--params FILE.yaml] [--string-args] [--format yaml|json]",
  summary: "Run an action and print its results; exit with 1 when it fails",
  run: async ({ agent, argv, print, printError, signal }) => {
    const { values, positionals } = readArguments(argv, {
      unit: { type: "string" },
      params: { type: "string" },
      "string-args": { type: "boolean", default: false },
      format: { type: "string", default: "yaml" },
    });
    const [action, ...words] = positionals;
    if (action === undefined) throw new AgentRequestError("Cannot read the command line: give an action");
    const fromFile = (values.params === undefined ? {} : await readYaml(values.params)) as JsonObject;
    const parameters = words.reduce(
      (given, word) => withParameter(given, word, values["string-args"]),
      fromFile,
    );
    const unit = await targetUnit(agent, values.unit);
    const record = await agent.runAction({ unit, action, parameters }, signal);
    print(render(record, values.format));
    if (record.status === "completed") return 0;
    printError(`Action id ${record.id} failed: ${record.message}\n`);
    return 1;
  },
};

/** Adds a parameter: a dotted key nests, and a value is YAML unless `asText` is set. */
function withParameter(parameters: JsonObject, word: string, asText: boolean): JsonObject {
  const [key, text] = readPair(word);
  return withNested(parameters, key.split("."), asText ? text : (parse(text) as JsonValue));
}

function withNested(parameters: JsonObject, path: readonly string[], value: JsonValue): JsonObject {
  const [head = "", ...rest] = path;
  if (rest.length === 0) return { ...parameters, [head]: value };
  const inner = parameters[head];
  return { ...parameters, [head]: withNested(isRecord(inner) ? inner : {}, rest, value) };
}

function render({ id, unit, status, message, results, log }: ActionRecord, format: string): string {
  const optional = { ...(log.length > 0 ? { log } : {}), ...(message === "" ? {} : { message }) };
  const answer = { [unit]: { id, ...optional, results, status } };
  return format === "json" ? `${JSON.stringify(answer)}\n` : stringify(answer, { lineWidth: 0 });
}

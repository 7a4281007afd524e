import { parse, stringify } from "yaml";

import type { JsonObject, JsonValue } from "juju-hook-tools";
import { isRecord, messageOf } from "charm-kit";
import { AgentRequestError } from "../agent-errors.ts";
import type { ActionRecord } from "../state/agent-state.ts";
import { formatOption, readPair, type AddVerbs } from "./command.ts";
import { readYaml } from "./config-input.ts";
import { targetUnit } from "./target.ts";

export const addRun: AddVerbs = ({ add, run }) => {
  add("run", "Run an action and print its results; exit with 1 when it fails")
    .argument("<action>", "name of the action")
    .argument("[parameters...]", "KEY.KEY...=VALUE; a value is YAML")
    .option("--unit <unit>", "the unit, if there are several")
    .option("--params <path>", "YAML file with parameters")
    .option("--string-args", "take values as text, not as YAML", false)
    .addOption(formatOption(["yaml", "json"]))
    .action((action, words, options) =>
      run(async ({ agent, printError, report, signal }) => {
        const fromFile = (options.params === undefined ? {} : await readYaml(options.params)) as JsonObject;
        const parameters = words.reduce(
          (given, word) => withParameter(given, word, options.stringArgs),
          fromFile,
        );
        const unit = await targetUnit(agent, options.unit);
        const record = await agent.runAction({ unit, action, parameters }, signal);
        const answer = answerOf(record);
        report(answer, stringify(answer, { lineWidth: 0 }));
        if (record.status === "completed") return 0;
        printError(`Action id ${record.id} failed: ${record.message}\n`);
        return 1;
      }),
    );
};

/** Adds a parameter: a dotted key nests, and a value is YAML unless `asText` is set. */
function withParameter(parameters: JsonObject, word: string, asText: boolean): JsonObject {
  const [key, text] = readPair(word);
  return withNested(parameters, key.split("."), asText ? text : readValue(key, text));
}

function readValue(key: string, text: string): JsonValue {
  try {
    return parse(text) as JsonValue;
  } catch (cause) {
    throw new AgentRequestError(
      `Cannot read the value of ${key}: it is not YAML (${messageOf(cause)}); quote it, or give --string-args`,
      { cause },
    );
  }
}

function withNested(parameters: JsonObject, path: readonly string[], value: JsonValue): JsonObject {
  const [head = "", ...rest] = path;
  if (rest.length === 0) return { ...parameters, [head]: value };
  const inner = parameters[head];
  return { ...parameters, [head]: withNested(isRecord(inner) ? inner : {}, rest, value) };
}

function answerOf({ id, unit, status, message, results, log }: ActionRecord): object {
  const optional = { ...(log.length > 0 ? { log } : {}), ...(message === "" ? {} : { message }) };
  return { [unit]: { id, ...optional, results, status } };
}

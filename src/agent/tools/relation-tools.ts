import { readingTool, writingTool, type HookTool } from "./hook-tool.ts";
import { assertAtMost, type ToolArguments } from "../../juju/tool-arguments.ts";
import { usageError } from "../../juju/tool-error.ts";

// There are no relations in this agent yet: each tool answers as Juju does for a unit that has none.

const RELATION = { r: "value", relation: "value" } as const;

const relationIds = readingTool({
  name: "relation-ids",
  usage: "[<name>]",
  read: ({ words }) => {
    assertAtMost(words, 1);
    if (words.length === 0) throw usageError("no endpoint name specified");
    return [];
  },
});

const relationList = readingTool({
  name: "relation-list",
  usage: "",
  flags: { ...RELATION, app: "switch" },
  read: refuseRelation,
});

const relationGet = readingTool({
  name: "relation-get",
  usage: "<key> <unit id>",
  flags: { ...RELATION, app: "switch" },
  read: refuseRelation,
});

const relationModelGet = readingTool({
  name: "relation-model-get",
  usage: "",
  flags: RELATION,
  read: refuseRelation,
});

const relationSet = writingTool({
  name: "relation-set",
  usage: "key=value [key=value ...]",
  flags: { ...RELATION, app: "switch", file: "value" },
  write: refuseRelation,
});

function refuseRelation({ flags }: ToolArguments): never {
  const id = flags["r"] ?? flags["relation"];
  if (id === undefined || id === "") throw usageError("no relation id specified");
  const fault = /(^|:)\d+$/.test(id) ? "relation not found" : "invalid relation id";
  throw usageError(`invalid value "${id}" for option -r: ${fault}`);
}

export const RELATION_TOOLS: readonly HookTool[] = [
  relationIds,
  relationList,
  relationGet,
  relationModelGet,
  relationSet,
];

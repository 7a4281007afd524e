import { readingTool, writingTool, type HookTool } from "./hook-tool.ts";
import { assertAtMost } from "../../juju/tool-arguments.ts";
import { ToolError, usageError } from "../../juju/tool-error.ts";

// There is no storage and there are no resources in this agent yet: each tool answers as Juju does without them.

const storageList = readingTool({
  name: "storage-list",
  usage: "[<storage-name>]",
  read: ({ words }) => {
    assertAtMost(words, 1);
    return [];
  },
});

const storageGet = readingTool({
  name: "storage-get",
  usage: "[<key>]",
  flags: { s: "value" },
  read: ({ flags }) => {
    const id = flags["s"];
    if (id === undefined) throw usageError("no storage instance specified");
    if (!/^[a-z][a-z0-9-]*\/\d+$/.test(id)) {
      throw usageError(`invalid value "${id}" for option -s: invalid storage ID "${id}"`);
    }
    throw usageError(`invalid value "${id}" for option -s: storage "${id}" not found`);
  },
});

const storageAdd = writingTool({
  name: "storage-add",
  usage: "<charm storage name>[=count] ...",
  write: ({ words }) => {
    const [directive] = words;
    if (directive === undefined) throw usageError("storage add requires a storage directive");
    throw new ToolError(`storage "${directive.split("=", 1).join("")}" not found`);
  },
});

const resourceGet: HookTool = {
  name: "resource-get",
  usage: "<resource name>",
  flags: {},
  run: ({ words }) => {
    const [name] = words;
    if (name === undefined) throw usageError("missing required resource name");
    throw new ToolError(`could not download resource: resource "${name}" not found`);
  },
};

const credentialGet = readingTool({
  name: "credential-get",
  usage: "",
  read: () => {
    throw new ToolError("cannot access cloud credentials: permission denied");
  },
});

export const STORAGE_TOOLS: readonly HookTool[] = [
  storageList,
  storageGet,
  storageAdd,
  resourceGet,
  credentialGet,
];

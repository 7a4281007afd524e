import type { StorageTools } from "../storage-tools.ts";
import { unexpectedAnswer, type ToolCaller } from "./tool-caller.ts";

/** The `storage-*` tools and `resource-get`. */
export function storageCommands(caller: ToolCaller): StorageTools {
  return {
    storageList: async (name) => caller.readList("storage-list", name === undefined ? [] : ["--", name]),

    async storageGet(id) {
      const { kind, location } = await caller.readStrings("storage-get", ["-s", id]);
      if (kind === undefined || location === undefined)
        throw unexpectedAnswer("storage-get", "a kind and a location");
      return { kind, location };
    },

    async storageAdd(name, count) {
      await caller.run("storage-add", ["--", `${name}=${count}`]);
    },

    async resourceGet(name) {
      const path = (await caller.readText("resource-get", ["--", name])).trim();
      if (!path.startsWith("/")) throw unexpectedAnswer("resource-get", "an absolute path");
      return path;
    },
  };
}

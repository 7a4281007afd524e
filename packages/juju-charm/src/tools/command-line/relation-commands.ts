import type { RelationTools } from "../relation-tools.ts";
import { stringMapInput } from "./string-map-input.ts";
import { unexpectedAnswer, type ToolCaller } from "./tool-caller.ts";

/** The `relation-*` tools. */
export function relationCommands(caller: ToolCaller): RelationTools {
  return {
    async relationIDs(endpoint) {
      const names = await caller.readList("relation-ids", ["--", endpoint]);
      return names.map((name) => {
        const number = /^(?:[^:]*:)?(\d+)$/.exec(name)?.[1];
        if (number === undefined) throw unexpectedAnswer("relation-ids", "a list of endpoint:number");
        return Number(number);
      });
    },

    relationUnits: async (id) => caller.readList("relation-list", ["-r", String(id)]),

    async relationApp(id) {
      const answer = await caller.read("relation-list", ["-r", String(id), "--app"]);
      if (answer !== null && typeof answer !== "string") throw unexpectedAnswer("relation-list", "a name");
      return answer === null || answer === "" ? undefined : answer;
    },

    async relationGet(id, member) {
      const flags = member.includes("/") ? [] : ["--app"];
      return caller.readStrings("relation-get", ["-r", String(id), ...flags, "--", "-", member]);
    },

    async relationSet(id, scope, data) {
      const flags = scope === "app" ? ["--app"] : [];
      // In a file, values are not on the command line, may be long, and are not trimmed by Juju.
      const input = stringMapInput("relation-set", data);
      await caller.run("relation-set", ["-r", String(id), ...flags, "--file", "-"], { input });
      caller.forget("relation-get", "-r", String(id));
    },

    async relationModel(id) {
      const { uuid } = await caller.readStrings("relation-model-get", ["-r", String(id)]);
      if (uuid === undefined) throw unexpectedAnswer("relation-model-get", "a UUID");
      return uuid;
    },
  };
}

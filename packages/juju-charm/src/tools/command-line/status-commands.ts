import type { JsonValue } from "juju-hook-tools";
import { isRecord } from "charm-kit";
import type { ShownStatus, Status, StatusTools } from "../status-tools.ts";
import { unexpectedAnswer, type ToolCaller } from "./tool-caller.ts";

/** `status-set`, `status-get` and `application-version-set`. Does not set an unchanged status again. */
export function statusCommands(caller: ToolCaller): StatusTools {
  const current = new Map<string, string>();
  const show = async (status: Status, flags: readonly string[]) => {
    const target = flags.join(" ");
    const text = JSON.stringify([status.name, status.message]);
    if (current.get(target) === text) return;
    current.delete(target);
    await caller.run("status-set", [...flags, "--", status.name, status.message]);
    caller.forget("status-get");
    current.set(target, text);
  };
  return {
    statusSet: async (status) => show(status, []),
    applicationStatusSet: async (status) => show(status, ["--application"]),
    statusGet: async () => readStatus(await caller.read("status-get", ["--include-data"])),

    async applicationStatusGet() {
      const answer = await caller.readObject("status-get", ["--include-data", "--application"]);
      const status = answer["application-status"];
      const units = isRecord(status) && isRecord(status["units"]) ? status["units"] : {};
      const unitStatuses = Object.entries(units).map(([unit, of]) => [unit, readStatus(of)] as const);
      return { ...readStatus(status), units: Object.fromEntries(unitStatuses) };
    },

    async applicationVersionSet(version) {
      await caller.run("application-version-set", ["--", version]);
    },
  };
}

function readStatus(answer: JsonValue | undefined): ShownStatus {
  if (!isRecord(answer) || typeof answer["status"] !== "string")
    throw unexpectedAnswer("status-get", "a status");
  const message = answer["message"];
  return { name: answer["status"], message: typeof message === "string" ? message : "" };
}

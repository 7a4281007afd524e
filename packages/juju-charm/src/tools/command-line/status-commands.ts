import type { JsonValue } from "juju-hook-tools";
import { isRecord } from "charm-kit";
import type { ShownStatus, Status, StatusTools } from "../status-tools.ts";
import { unexpectedAnswer, type ToolCaller } from "./tool-caller.ts";

/** `status-set`, `status-get` and `application-version-set`. Does not set an unchanged status again. */
export function statusCommands(caller: ToolCaller): StatusTools {
  const current = new Map<string, Status>();
  const show = async (status: Status, flags: readonly string[]) => {
    const target = flags.join(" ");
    const { name, message } = status;
    const known = current.get(target);
    if (known?.name === name && known.message === message) return;
    current.delete(target);
    await caller.run("status-set", [...flags, "--", name, message]);
    caller.forget("status-get");
    current.set(target, { name, message });
  };
  return {
    statusSet: async (status) => show(status, []),
    applicationStatusSet: async (status) => show(status, ["--application"]),

    // After a read, Juju does not show a status that this dispatch sets.
    statusGet: async () => current.get("") ?? readStatus(await caller.read("status-get", ["--include-data"])),

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

import { systemClock } from "charm-kit";
import type { ModelStatus, ShownStatus, UnitDescription } from "../model-status.ts";
import { formatOption, readCount, type AddVerbs } from "./command.ts";

export const addStatus: AddVerbs = ({ add, run }) => {
  add("status", "Show applications and units, and how old each status is")
    .addOption(formatOption(["tabular", "json"]))
    .action(({ format }) =>
      run(async ({ agent, print }) => {
        const status = await agent.status();
        print(format === "json" ? `${JSON.stringify(status)}\n` : tabular(status, systemClock.now()));
        return 0;
      }),
    );

  add("debug-log", "Print the last lines of the log")
    .option("--lines <number>", "number of lines", readCount, 50)
    .option("--follow", "go on with new lines until interrupted", false)
    .action(({ lines, follow }) =>
      run(async ({ agent, print, signal }) => {
        const printLine = (line: string) => {
          print(`${line}\n`);
        };
        if (follow) await agent.followLog(lines, printLine, signal);
        else (await agent.debugLog(lines)).forEach(printLine);
        return 0;
      }),
    );
};

function tabular({ applications }: ModelStatus, now: number): string {
  const owners = Object.entries(applications).map(([name, application]) => {
    const status = application["application-status"];
    const revision = String(application["charm-rev"]);
    return [name, application.version, status.current, application.charm, revision, messageOf(status)];
  });
  const units = Object.values(applications).flatMap((application) =>
    Object.entries(application.units).map(([name, unit]) => [
      `${name}${unit.leader ? "*" : ""}`,
      unit["workload-status"].current,
      unit["juju-status"].current,
      age(unit["workload-status"].since, now),
      unit["open-ports"].join(","),
      doing(unit),
    ]),
  );
  return [
    table([["App", "Version", "Status", "Charm", "Rev", "Message"], ...owners]),
    table([["Unit", "Workload", "Agent", "Age", "Ports", "Message"], ...units]),
  ].join("\n");
}

function doing(unit: UnitDescription): string {
  const agent = unit["juju-status"].message;
  return `${agent === undefined ? "" : `(${agent}) `}${messageOf(unit["workload-status"])}`;
}

function messageOf({ message = "", "before-last-boot": isOld }: ShownStatus): string {
  return `${isOld === true ? "(before the last boot) " : ""}${message}`;
}

/** The time since an ISO 8601 time in its largest unit, such as `5m`. */
function age(since: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
  if (Number.isNaN(seconds)) return "";
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

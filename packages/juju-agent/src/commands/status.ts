import { systemClock } from "charm-kit";
import { age, renderSummary } from "../live/render-live.ts";
import type { ModelStatus, ShownStatus, UnitDescription } from "../model-status.ts";
import { formatOption, readCount, type AddVerbs } from "./command.ts";
import { withViews } from "./top.ts";

export const addStatus: AddVerbs = ({ add, run }) => {
  add("status", "Show applications and units, and how old each status is")
    .addOption(formatOption(["tabular", "json"]))
    .action(() =>
      run(async ({ agent, report, signal, terminal }) => {
        const [status, views] = await Promise.all([agent.status(), agent.liveViews(signal)]);
        const now = systemClock.now();
        const style = {
          columns: terminal.size()?.columns ?? Infinity,
          hasColour: terminal.hasColour,
          hasUnicode: terminal.hasUnicode,
        };
        const told = Object.entries(views).map(
          ([unit, view]) => `\n${unit}\n${renderSummary(view, now, style).join("\n")}\n`,
        );
        const { model } = status;
        report({ model, applications: withViews(status, views) }, `${tabular(status, now)}${told.join("")}`);
        return 0;
      }),
    );

  add("debug-log", "Print the last lines of the log")
    .option("--lines <number>", "number of lines", readCount, 50)
    .option("--follow", "go on with new lines until interrupted", false)
    .action(({ lines, follow }) =>
      run(async ({ agent, isJson, printLine, report, signal }) => {
        if (follow) {
          const onLine = (line: string) => {
            printLine(isJson ? JSON.stringify({ line }) : line);
          };
          await agent.followLog(lines, onLine, signal);
          return 0;
        }
        const log = await agent.debugLog(lines);
        report({ lines: log }, log.map((line) => `${line}\n`).join(""));
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
      ageOf(unit["workload-status"].since, now),
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
function ageOf(since: string, now: number): string {
  const at = Date.parse(since);
  return Number.isNaN(at) ? "" : age(now - at);
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

import type { ModelStatus } from "../model-status.ts";
import { readArguments, type Command } from "./command.ts";

export const statusCommand: Command = {
  name: "status",
  usage: "[--format tabular|json]",
  summary: "Show applications and units",
  run: async ({ agent, argv, print }) => {
    const { values } = readArguments(argv, { format: { type: "string", default: "tabular" } });
    const status = await agent.status();
    print(values.format === "json" ? `${JSON.stringify(status)}\n` : tabular(status));
    return 0;
  },
};

export const debugLogCommand: Command = {
  name: "debug-log",
  usage: "[--lines N]",
  summary: "Print the last lines of the log",
  run: async ({ agent, argv, print }) => {
    const { values } = readArguments(argv, { lines: { type: "string", default: "50" } });
    for (const line of await agent.debugLog(Number(values.lines))) print(`${line}\n`);
    return 0;
  },
};

function tabular({ applications }: ModelStatus): string {
  const owners = Object.entries(applications).map(([name, application]) => {
    const { current, message = "" } = application["application-status"];
    return [name, application.version, current, application.charm, String(application["charm-rev"]), message];
  });
  const units = Object.values(applications).flatMap((application) =>
    Object.entries(application.units).map(([name, unit]) => {
      const { current, message = "" } = unit["workload-status"];
      const agent = unit["juju-status"];
      const doing = agent.message === undefined ? message : `(${agent.message}) ${message}`;
      return [
        `${name}${unit.leader ? "*" : ""}`,
        current,
        agent.current,
        unit["open-ports"].join(","),
        doing,
      ];
    }),
  );
  return [
    table([["App", "Version", "Status", "Charm", "Rev", "Message"], ...owners]),
    table([["Unit", "Workload", "Agent", "Ports", "Message"], ...units]),
  ].join("\n");
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

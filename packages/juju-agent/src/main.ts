#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { dirname } from "node:path";

import { DEFAULT_PATH, readMachineFacts } from "./machine-facts.ts";
import { runCommandLine } from "./run-command-line.ts";
import type { AgentProgram } from "./service/agent-program.ts";

function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(name, () => {
      controller.abort(new Error(`Interrupted by ${name}`));
    });
  }
  return controller.signal;
}

function ownVersion(): string {
  const path = new URL("../package.json", import.meta.url);
  return (JSON.parse(readFileSync(path, "utf8")) as { readonly version: string }).version;
}

/** The single file tells its path; charms call it instead of the Node.js that it has unpacked. */
function ownProgram(): AgentProgram {
  const file = process.env["JUJU_AGENT_FILE"];
  if (file === undefined) return { command: [process.execPath, import.meta.filename] };
  return { command: [file], packed: { file, unpacked: dirname(import.meta.dirname) } };
}

process.exitCode = await runCommandLine(process.argv.slice(2), {
  readMachine: () => readMachineFacts(process.env["PATH"] ?? DEFAULT_PATH),
  program: ownProgram(),
  paths: { units: "/etc/systemd/system", booted: "/run/systemd/system", programs: "/usr/local/bin" },
  version: ownVersion(),
  print: (text) => process.stdout.write(text),
  printError: (text) => process.stderr.write(text),
  signal: interruption(),
});

#!/usr/bin/env node
import { dirname } from "node:path";

import { DEFAULT_PATH, readMachineFacts } from "./machine-facts.ts";
import { readProduct, type Product } from "./product.ts";
import { runCommandLine } from "./run-command-line.ts";
import type { AgentProgram } from "./service/agent-program.ts";
import { terminalOf } from "./terminal.ts";

function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(name, () => {
      controller.abort(new Error(`Interrupted by ${name}`));
    });
  }
  return controller.signal;
}

/** Charms call the program that started this one, rather than its Node.js: the single file, or a package's program. */
function ownProgram({ managedBy }: Product): AgentProgram {
  const file = process.env["JUJU_AGENT_FILE"];
  if (file === undefined) return { command: [process.execPath, import.meta.filename] };
  if (managedBy !== undefined) return { command: [file] };
  return { command: [file], packed: { file, unpacked: dirname(import.meta.dirname) } };
}

const product = readProduct(dirname(import.meta.dirname));

process.exitCode = await runCommandLine(process.argv.slice(2), {
  readMachine: () => readMachineFacts(process.env["PATH"] ?? DEFAULT_PATH),
  program: ownProgram(product),
  paths: { units: "/etc/systemd/system", booted: "/run/systemd/system", programs: "/usr/local/bin" },
  product,
  terminal: terminalOf(process, process.env),
  print: (text) => process.stdout.write(text),
  printError: (text) => process.stderr.write(text),
  signal: interruption(),
});

#!/usr/bin/env node
import { readFileSync } from "node:fs";

import { readMachineFacts } from "./machine-facts.ts";
import { runCommandLine } from "./run-command-line.ts";

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin";

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

process.exitCode = await runCommandLine(process.argv.slice(2), {
  readMachine: () => readMachineFacts(process.env["PATH"] ?? DEFAULT_PATH),
  program: [process.execPath, import.meta.filename],
  version: ownVersion(),
  print: (text) => process.stdout.write(text),
  printError: (text) => process.stderr.write(text),
  signal: interruption(),
});

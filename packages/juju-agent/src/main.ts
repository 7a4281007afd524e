#!/usr/bin/env node
import { resolve } from "node:path";

import { systemClock, messageOf } from "charm-kit";
import type { AgentEvent } from "./agent-event.ts";
import { readCommandLine, renderHelp } from "./command-line.ts";
import { readMachineFacts } from "./machine-facts.ts";
import { UnitAgent } from "./unit-agent.ts";

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin";

async function main(argv: readonly string[]): Promise<number> {
  const { stateDirectory, verb, argv: rest } = readCommandLine(argv);
  if (!verb) {
    process.stdout.write(renderHelp());
    return 0;
  }
  const agent = new UnitAgent({
    stateDirectory: resolve(stateDirectory),
    clock: systemClock,
    machine: await readMachineFacts(process.env["PATH"] ?? DEFAULT_PATH),
    commandLine: [process.execPath, import.meta.filename],
    onEvent: showProgress,
  });
  return verb.run({
    agent,
    argv: rest,
    print: (text) => process.stdout.write(text),
    printError: (text) => process.stderr.write(text),
    signal: interruption(),
  });
}

/** What a person waits for goes to the standard error; the standard output is the verb's answer. */
function showProgress(event: AgentEvent): void {
  if (event.kind !== "status") return;
  const { unit, status } = event;
  process.stderr.write(`${unit}: ${status.name}${status.message === "" ? "" : `: ${status.message}`}\n`);
}

function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(name, () => {
      controller.abort(new Error(`Interrupted by ${name}`));
    });
  }
  return controller.signal;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  process.stderr.write(`ERROR ${messageOf(thrown)}\n`);
  process.exitCode = 1;
}

import { messageOf } from "charm-kit";
import { readDemoCommand, type DemoCommand } from "./command-line.ts";
import { alone } from "./demo-site.ts";
import { runJobOnKeptDemo, takeKeptDemoDown } from "./kept-demo.ts";
import { checkRequirements } from "./prepare.ts";
import { runDemo } from "./run-demo.ts";
import { Screen } from "./screen.ts";

/** `npm run demo`: see {@link readDemoCommand}. */
const INTERRUPTED = 130;

const interrupted = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  // More than one may come for one Ctrl-C, since npm passes them on; none of them ends the clean-up.
  process.on(name, () => {
    interrupted.abort(new Error("Interrupted"));
  });
}

type Work = Exclude<DemoCommand, { readonly verb: "told" }>;

async function carryOut(command: Work, screen: Screen, signal: AbortSignal): Promise<void> {
  switch (command.verb) {
    case "run":
      await alone(() => runDemo(screen, command.keep, signal), signal);
      return;
    case "job":
      await checkRequirements();
      await runJobOnKeptDemo(screen, command.script, signal);
      return;
    case "down":
      await checkRequirements();
      await alone(() => takeKeptDemoDown(screen, signal), signal);
      return;
  }
}

const isTerminal = process.stdout.isTTY;
const hasColours = isTerminal && (process.env["NO_COLOR"] ?? "") === "";
const output = { write: (text: string) => process.stdout.write(text), isTerminal, hasColours };
const screen = new Screen(output, () => performance.now());
const command = readDemoCommand(process.argv.slice(2), {
  print: (text) => process.stdout.write(text),
  printError: (text) => process.stderr.write(text),
});
let exitCode: number = command.verb === "told" ? command.exitCode : 0;
try {
  if (command.verb !== "told") await carryOut(command, screen, interrupted.signal);
} catch (thrown) {
  exitCode = interrupted.signal.aborted ? INTERRUPTED : 1;
  screen.problem(interrupted.signal.aborted ? "Interrupted." : messageOf(thrown));
}
screen.close();
// A GitHub that is kept must not keep this process.
process.exit(exitCode);

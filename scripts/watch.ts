import { join, relative } from "node:path";
import { npmCommand } from "./npm-command.ts";
import { watchChanges } from "./watch/changes.ts";
import { FOLDERS, readGraph } from "./watch/read-repository.ts";
import { Rounds } from "./watch/rounds.ts";
import { runRound } from "./watch/run-round.ts";

const { args } = npmCommand(
  "watch",
  "Runs the fast tests that a change touches, and checks types, at each change.",
)
  .argument("[files...]", "do so once, as if these files had changed")
  .parse();
const root = join(import.meta.dirname, "..");
const rounds = new Rounds({
  root,
  graph: readGraph(root),
  run: async (round, signal) => {
    const succeeded = await runRound(round, root, signal);
    if (files.length > 0 && !succeeded) process.exitCode = 1;
    return succeeded;
  },
});
const files = args.map((file) => relative(root, file));

if (files.length > 0) await rounds.start(files);
else {
  const controller = new AbortController();
  const start = (changed: readonly string[]) => void rounds.start(changed);
  watchChanges({ root, folders: FOLDERS, quietMs: 100, onChange: start, signal: controller.signal });
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => {
      controller.abort();
      void rounds.stop();
    });
  }
  process.stdout.write(`Waiting for changes in ${FOLDERS.join(", ")}.\n`);
}

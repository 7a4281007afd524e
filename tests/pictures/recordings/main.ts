import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Argument } from "commander";
import { npmCommand } from "../../../scripts/npm-command.ts";
import { drawRecording } from "./draw-recording.ts";
import { record } from "./recording.ts";

const ROOT = join(import.meta.dirname, "../../..");
const PICTURES = join(ROOT, "docs/pictures");
const LIMIT_MS = 10 * 60_000;

/** What is recorded: the names of the pictures, and what a person types. */
const RECORDINGS = {
  demo: {
    title: "The demo: from nothing to a job, and a fresh runner after it",
    directory: ".",
    args: ["run", "demo"],
  },
  "example-charm": {
    title: "The tests of the example charm, without Juju",
    directory: "examples/greeter",
    args: ["test"],
  },
} as const;

const names = Object.keys(RECORDINGS) as (keyof typeof RECORDINGS)[];
const { args } = npmCommand(
  "recordings",
  "Runs commands and draws what they print as terminals, in docs/pictures. The demo needs LXD.",
)
  .addArgument(new Argument("[names...]", "only these (default: all)").choices(names))
  .parse();

await mkdir(PICTURES, { recursive: true });
for (const name of names.filter((one) => args.length === 0 || args.includes(one))) {
  const { title, directory, args: words } = RECORDINGS[name];
  const lines = await record({
    file: "npm",
    args: ["--silent", ...words],
    directory: join(ROOT, directory),
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  const path = join(PICTURES, `recording-${name}.svg`);
  await writeFile(path, drawRecording({ title, command: `npm ${words.join(" ")}`, lines }));
  process.stdout.write(`Wrote ${path}\n`);
}

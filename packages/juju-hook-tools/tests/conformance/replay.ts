/**
 * Writes what is needed to compare the cases with a real controller, or compares the output. See README.md.
 *
 *   node replay.ts write DIRECTORY [GRANTED DENIED OWNED]
 *   node replay.ts compare 3.6|4.0 DIRECTORY
 */
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { assertAnswers } from "./assert-answers.ts";
import { CASE_CHARM } from "./case-charm.ts";
import { HOOK_TOOL_CASES, OBSERVED_JUJUS } from "./hook-tool-cases.ts";
import type { HookToolCase } from "./hook-tool-case.ts";
import { readReplay, replayScript } from "./replay-script.ts";

const [verb, ...words] = process.argv.slice(2);
if (verb === "write") await write(...words);
else if (verb === "compare") process.exitCode = await compare(...words);
else throw new RangeError("Cannot replay: give write or compare, see README.md");

async function write(directory = ".", granted = "", denied = "", owned = ""): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "ids.json"), JSON.stringify({ granted, denied, owned }));
  await mkdir(join(directory, "charm"), { recursive: true });
  for (const [name, text] of Object.entries(CASE_CHARM))
    await writeFile(join(directory, "charm", name), text);
  const dispatch = join(directory, "charm", "dispatch");
  await writeFile(
    dispatch,
    '#!/bin/sh\ncase "$JUJU_DISPATCH_PATH" in actions/*) exec bash ./replay;; esac\n',
  );
  await chmod(dispatch, 0o755);
  for (const [index, { calls }] of HOOK_TOOL_CASES.entries())
    await writeFile(join(directory, `${index}.sh`), replayScript(calls, { granted, denied, owned }));
  for (const [index, { name, context, leader, needs = [] }] of HOOK_TOOL_CASES.entries()) {
    const facts = [context ?? "exec", leader === false ? "not the leader" : "leader", ...needs];
    process.stdout.write(`${index}.sh: ${name} (${facts.join(", ")})\n`);
  }
}

async function compare(version = "", directory = "."): Promise<number> {
  const juju = OBSERVED_JUJUS.find((known) => known === version);
  if (juju === undefined) throw new RangeError(`Cannot compare: give one of ${OBSERVED_JUJUS.join(", ")}`);
  const ids = JSON.parse(await readFile(join(directory, "ids.json"), "utf8")) as Record<string, string>;
  let differing = 0;
  for (const [index, hookCase] of HOOK_TOOL_CASES.entries()) {
    const output = join(directory, `${index}.out`);
    if (!existsSync(output)) process.stdout.write(`skipped  ${hookCase.name}\n`);
    else if (answersAs(hookCase, await readFile(output, "utf8")))
      process.stdout.write(`same     ${hookCase.name}\n`);
    else differing += 1;
  }
  return differing === 0 ? 0 : 1;

  function answersAs(hookCase: HookToolCase, output: string): boolean {
    try {
      assertAnswers(hookCase, juju ?? "3.6", readReplay(output), ids);
      return true;
    } catch (thrown) {
      process.stdout.write(`differs  ${hookCase.name}\n${JSON.stringify(thrown, undefined, 2)}\n`);
      return false;
    }
  }
}

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { findInstalled } from "../pack/find-upwards.ts";
import { CliError } from "./cli-error.ts";
import { generate } from "./generate.ts";
import { runProgram } from "./run-program.ts";
import type { Session } from "./session.ts";

/** Checks a charm's YAML files, whether its generated types are current, and its code. @returns the exit code. */
export async function check(session: Session): Promise<number> {
  const stale = await generate(session, { check: true });
  return stale === 0 ? compile(session) : stale;
}

/** Type-checks a charm with the TypeScript of its project. @returns the exit code. */
export async function compile({ charm }: Session): Promise<number> {
  if (!existsSync(join(charm, "tsconfig.json"))) {
    throw new CliError(
      `Cannot check ${charm}: it has no tsconfig.json; create one with {"extends": "juju-charm/tsconfig.json"}`,
    );
  }
  const directory = findInstalled(charm, "typescript");
  if (directory === undefined) {
    throw new CliError(
      `Cannot check ${charm}: TypeScript is not installed; ` +
        'add it with "npm install --save-dev typescript"',
    );
  }
  const { bin } = JSON.parse(await readFile(join(directory, "package.json"), "utf8")) as {
    readonly bin: { readonly tsc: string };
  };
  return runProgram(process.execPath, [join(directory, bin.tsc), "--noEmit", "--project", charm], {
    cwd: charm,
  });
}

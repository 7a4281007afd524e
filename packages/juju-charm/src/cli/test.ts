import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadText } from "../metadata/load-text.ts";
import { hostArchitecture, RUNTIME_PACKAGES } from "../pack/architecture.ts";
import { findInstalled } from "../pack/find-upwards.ts";
import { runProgram } from "./run-program.ts";
import type { Session } from "./session.ts";

/** A script that runs this command, which would recurse endlessly. */
const OWN_SCRIPT = /\bjuju-charm\s+test\b/;

/**
 * Runs a charm's tests with its npm script `test`. Without one, runs the Node.js test runner, with the packed Node.js when
 * this machine can run it.
 *
 * @param argv arguments for the test program.
 * @returns the exit code.
 */
export async function test({ charm }: Session, argv: readonly string[]): Promise<number> {
  const { scripts } = JSON.parse((await loadText(charm, "package.json")) ?? "{}") as {
    readonly scripts?: { readonly test?: string };
  };
  if (scripts?.test !== undefined && !OWN_SCRIPT.test(scripts.test)) {
    return runProgram("npm", ["test", "--", ...argv], { cwd: charm });
  }
  return runProgram(findNode(charm), ["--test", ...argv], { cwd: charm });
}

function findNode(charm: string): string {
  const runtime = findInstalled(charm, RUNTIME_PACKAGES[hostArchitecture()]);
  const packed = runtime === undefined ? undefined : join(runtime, "bin/node");
  return packed !== undefined && process.platform === "linux" && existsSync(packed)
    ? packed
    : process.execPath;
}

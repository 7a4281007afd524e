import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadText } from "../metadata/load-text.ts";
import { hostArchitecture, RUNTIME_PACKAGES } from "../pack/architecture.ts";
import { findInstalled } from "../pack/find-upwards.ts";
import { runProgram } from "./run-program.ts";
import type { Session } from "./verb.ts";

/** A script that is this command again would have no end. */
const OWN_SCRIPT = /\bjuju-charm\s+test\b/;

/**
 * Runs a charm's tests by its own script, else by the runner of Node.js, on the Node.js that is packed where that runs here.
 *
 * @param argv goes to whatever runs the tests.
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

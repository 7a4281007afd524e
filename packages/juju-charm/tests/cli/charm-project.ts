import { spawnSync } from "node:child_process";
import { readFileSync, realpathSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { runCommandLine } from "../../src/cli/command-line.ts";
import { SmallCharm } from "../pack/small-charm.ts";

const PACKAGE = join(import.meta.dirname, "../..");
const MAIN = join(PACKAGE, "src/cli/main.ts");
const MODULES = join(PACKAGE, "../../node_modules");

/** Result of a command line. */
export interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** A small charm in a project with the framework and TypeScript, with access to the framework's command line. */
export class CharmProject extends SmallCharm {
  constructor() {
    super();
    this.write("config.yaml", "options: {size: {type: int}}\n");
    this.write("tsconfig.json", '{"extends": "juju-charm/tsconfig.json"}\n');
    for (const name of ["typescript", "juju-charm", "@types"]) {
      symlinkSync(realpathSync(join(MODULES, name)), join(this.directory, "node_modules", name));
    }
  }

  read(path: string): string {
    return readFileSync(join(this.directory, path), "utf8");
  }

  /** Runs the command line in this process, without output of other programs. */
  async run(...argv: string[]): Promise<Outcome> {
    const printed = { output: "", errors: "" };
    const code = await runCommandLine(argv, {
      directory: this.directory,
      print: (text) => (printed.output += text),
      printError: (text) => (printed.errors += text),
    });
    return { code, ...printed };
  }

  /** Runs the command line as a separate process. */
  spawn(...argv: string[]): Outcome {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...argv], {
      cwd: this.directory,
      encoding: "utf8",
      env: {
        PATH: process.env["PATH"],
        HOME: this.directory,
        NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
      },
    });
    return { code: status, output: stdout, errors: stderr };
  }
}

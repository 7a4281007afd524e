import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A step of a README: a file to write, or commands to run. */
export type Step =
  | { readonly kind: "file"; readonly path: string; readonly content: string }
  | {
      readonly kind: "commands";
      readonly script: string;
      /** What the README shows as the output. */
      readonly output: string | undefined;
    };

/** What a README tells a user to do. */
export interface Readme {
  /** Commands that make a project and install the package into it. */
  readonly installation: readonly string[];
  /** What follows, in order. */
  readonly steps: readonly Step[];
}

/**
 * Reads the README of a package: fenced blocks with a path are files, those in `sh` are commands, of which the first
 * install, and those in `text` are what the commands before them print.
 */
export function readReadme(directory: string): Readme {
  const page = readFileSync(join(directory, "README.md"), "utf8");
  const steps = stepsOf(page);
  const [first, ...rest] = steps;
  if (first?.kind !== "commands" || !first.script.startsWith("npm init")) {
    throw new Error(`Cannot follow ${directory}/README.md: its first commands have to begin with npm init`);
  }
  return { installation: first.script.trim().split("\n"), steps: rest };
}

function stepsOf(page: string): readonly Step[] {
  const steps: Step[] = [];
  for (const [, language, path, body = ""] of page.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms)) {
    if (path !== undefined) steps.push({ kind: "file", path, content: body });
    else if (language === "sh") steps.push({ kind: "commands", script: body, output: undefined });
    else if (language === "text") {
      const last = steps.at(-1);
      if (last?.kind !== "commands") throw new Error(`Cannot tell which commands print ${body}`);
      steps[steps.length - 1] = { ...last, output: body };
    }
  }
  return steps;
}

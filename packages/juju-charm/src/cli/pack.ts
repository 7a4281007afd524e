import { stat } from "node:fs/promises";
import { relative } from "node:path";
import type { Architecture } from "../pack/architecture.ts";
import { packCharm, type PackOptions } from "../pack/pack-charm.ts";
import { compile } from "./check.ts";
import { generate } from "./generate.ts";
import type { Session } from "./session.ts";

/** Settings of {@link pack}. */
export interface PackCommandOptions {
  readonly architectures: readonly Architecture[];
  /** Undefined for `dist` in the charm directory. */
  readonly outputDirectory: string | undefined;
  /** Whether to generate types and check the charm first. */
  readonly isChecked: boolean;
  /** Base directory of printed paths. */
  readonly directory: string;
}

/** Generates a charm's types, checks the charm, and packs it. @returns the exit code. */
export async function pack(session: Session, options: PackCommandOptions): Promise<number> {
  const { architectures, outputDirectory, isChecked, directory } = options;
  if (isChecked) {
    await generate(session, { check: false });
    const code = await compile(session);
    if (code !== 0) return code;
  }
  for (const architecture of architectures) {
    const where = outputDirectory === undefined ? {} : { outputDirectory };
    await packOne(session, directory, { charm: session.charm, architecture, ...where });
  }
  return 0;
}

async function packOne(
  { print, printError }: Session,
  directory: string,
  options: PackOptions,
): Promise<void> {
  const started = performance.now();
  const { path, made, warnings } = await packCharm(options);
  for (const warning of warnings) printError(`${warning}\n`);
  const size = ((await stat(path)).size / 1e6).toFixed(0);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const outcome = made ? "packed" : "is up to date";
  print(`${relative(directory, path)} ${outcome} (${size} MB, ${seconds} s)\n`);
}

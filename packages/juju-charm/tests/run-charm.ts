import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  Charm,
  dispatch,
  readJujuContext,
  STATE_FILE,
  type DispatchOptions,
  type ExitCode,
  type Framework,
} from "../src/index.ts";
import { FakeHookTools } from "./fake-hook-tools.ts";
import { hookEnvironment } from "./hook-environment.ts";

/** Options of {@link runCharm}. */
export interface RunCharmOptions extends Partial<Omit<DispatchOptions, "context" | "tools">> {
  readonly tools?: FakeHookTools;
  readonly env?: Readonly<Record<string, string>>;
}

/** Result of a dispatch. */
export interface DispatchResult {
  readonly code: ExitCode;
  readonly tools: FakeHookTools;
  /** Lines of standard output. */
  readonly written: readonly string[];
  /** Lines of standard error. */
  readonly errors: readonly string[];
}

/** Runs one dispatch of a charm in process, with its state file in `charmDir`. */
export async function runCharm(
  charmDir: string,
  dispatchPath: string,
  create: (framework: Framework) => Charm,
  options: RunCharmOptions = {},
): Promise<DispatchResult> {
  const { tools = new FakeHookTools(), env = {}, ...more } = options;
  const written: string[] = [];
  const errors: string[] = [];
  const code = await dispatch(create, {
    context: readJujuContext({ ...hookEnvironment(dispatchPath, charmDir), ...env }),
    tools,
    writeLine: (line) => void written.push(line),
    writeError: (line) => void errors.push(line),
    signal: new AbortController().signal,
    ...more,
  });
  return { code, tools, written, errors };
}

/** A charm with the observers of a test. */
export function charmThat(
  observe: (framework: Framework, charm: Charm) => void,
): (framework: Framework) => Charm {
  return (framework) =>
    new (class TestCharm extends Charm {
      constructor() {
        super(framework);
        observe(framework, this);
      }
    })();
}

/** The content of the state file. */
export function readState(charmDir: string): Readonly<Record<string, unknown>> {
  return JSON.parse(readFileSync(join(charmDir, STATE_FILE), "utf8")) as Readonly<Record<string, unknown>>;
}

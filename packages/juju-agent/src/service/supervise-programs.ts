import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Clock } from "charm-kit";
import type { DeclaredProgram } from "./declared-programs.ts";

/** Set for a supervised program: it ends when its standard input ends, so that it does not outlive a killed agent. */
const ENDS_WITH_INPUT = "CHARM_ENDS_WITH_STDIN";

export interface SupervisorDependencies {
  readonly clock: Clock;
  /** The declared programs now. */
  readonly declared: () => Promise<readonly DeclaredProgram[]>;
  /** `PATH` of the programs. */
  readonly path: string;
  /** Receives lines of the programs and about them. */
  readonly log: (program: DeclaredProgram, line: string) => void;
}

/** How often declarations are read. */
const PERIOD_MS = 1000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** A program that ran longer was well. */
const WELL_MS = 60_000;
/** From the request to end to the kill. */
const END_MS = 50_000;

interface Kept {
  readonly version: string;
  readonly ended: AbortController;
  readonly done: Promise<void>;
}

/**
 * Runs declared programs, each once, until the signal is aborted; then ends them. A program that ends is started again, after
 * pauses that grow to a minute; one whose declaration is written again is started anew; one whose declaration is gone is ended.
 */
export async function supervisePrograms(
  dependencies: SupervisorDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { clock, declared } = dependencies;
  const kept = new Map<string, Kept>();
  while (!signal.aborted) {
    const programs = new Map(
      (await declared()).map((program) => [`${program.unit} ${program.name}`, program]),
    );
    await Promise.all(
      [...kept]
        .filter(([key, { version }]) => programs.get(key)?.version !== version)
        .map(async ([key, outdated]) => {
          await end(outdated);
          kept.delete(key);
        }),
    );
    for (const [key, program] of programs) {
      if (!kept.has(key)) kept.set(key, start(program, dependencies));
    }
    await clock.wait(PERIOD_MS, signal).catch(() => undefined);
  }
  await Promise.all([...kept.values()].map(end));
}

function start(program: DeclaredProgram, dependencies: SupervisorDependencies): Kept {
  const ended = new AbortController();
  return { version: program.version, ended, done: keep(program, dependencies, ended.signal) };
}

async function end({ ended, done }: Kept): Promise<void> {
  ended.abort();
  await done;
}

async function keep(
  program: DeclaredProgram,
  { clock, log, path }: SupervisorDependencies,
  signal: AbortSignal,
): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    const startedAt = clock.now();
    const reason = await runOnce(program, { clock, path, log }, signal);
    if (isOver(signal)) return;
    if (clock.now() - startedAt > WELL_MS) pauseMs = FIRST_PAUSE_MS;
    log(program, `The program has ended (${reason}) and is started again in ${pauseMs / 1000} s`);
    await clock.wait(pauseMs, signal).catch(() => undefined);
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
  }
}

/** @returns how the program ended, as text. */
function runOnce(
  program: DeclaredProgram,
  { clock, path, log }: Pick<SupervisorDependencies, "clock" | "path" | "log">,
  signal: AbortSignal,
): Promise<string> {
  const [file = "", ...argv] = program.command;
  const env = { PATH: path, [ENDS_WITH_INPUT]: "1" };
  const child = spawn(file, argv, { cwd: "/", env, stdio: ["pipe", "pipe", "pipe"] });
  // A program that has ended reads nothing.
  child.stdin.on("error", () => undefined);
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on("line", (line) => {
      log(program, line);
    });
  }
  return new Promise((resolve) => {
    const stop = endBy(child, clock, signal);
    child.once("error", (thrown) => {
      stop();
      resolve(thrown.message);
    });
    child.once("exit", (code, killedBy) => {
      stop();
      resolve(killedBy ?? `exit code ${String(code)}`);
    });
  });
}

/** Ends a process when the signal is aborted: by a request first. @returns stops that */
function endBy(child: ChildProcess, clock: Clock, signal: AbortSignal): () => void {
  const gone = new AbortController();
  const stop = () => {
    child.kill("SIGTERM");
    clock.wait(END_MS, gone.signal).then(
      () => child.kill("SIGKILL"),
      () => undefined,
    );
  };
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  return () => {
    gone.abort();
    signal.removeEventListener("abort", stop);
  };
}

/** The signal may have been aborted during an await. */
function isOver({ aborted }: AbortSignal): boolean {
  return aborted;
}

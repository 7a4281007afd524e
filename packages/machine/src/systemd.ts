import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  removeFile,
  runProcess,
  systemErrorCode,
  writeFileAtomically,
  type ProcessOutcome,
  type RunProcess,
} from "charm-kit";
import { assertName, CommandError } from "./command-error.ts";

/** What systemd says of a unit. */
export interface UnitState {
  /** `loaded`, `not-found`, `masked`, `error` or `bad-setting`. */
  readonly load: string;
  /** `active`, `inactive`, `failed`, `activating`, `deactivating`, `reloading` or `maintenance`. */
  readonly active: string;
  /** Such as `running`, `exited` or `dead`. */
  readonly sub: string;
  /** Such as `enabled`, `disabled`, `static` or `masked`; empty without a file. */
  readonly file: string;
  /** How it ended last, such as `success`, `exit-code` or `timeout`. */
  readonly result: string;
  /** Process of a service; undefined when it has none. */
  readonly mainPID: number | undefined;
}

/** Options of {@link Systemd}. */
export interface SystemdOptions {
  /** Runs programs. @default on this machine */
  readonly run?: RunProcess;
  /** Directory of the machine's own unit files. @default "/etc/systemd/system" */
  readonly units?: string;
  /** Milliseconds for one call. @default 2 minutes */
  readonly limitMs?: number;
}

const UNIT = /^[A-Za-z0-9_][A-Za-z0-9:_.\\@-]*$/;
const PROPERTIES = ["LoadState", "ActiveState", "SubState", "UnitFileState", "Result", "MainPID"];
const LOG_LINES = 10;

/** Units of systemd. A unit's name without a suffix is that of a service. */
export class Systemd {
  readonly #run: RunProcess;
  readonly #units: string;
  readonly #limitMs: number;

  constructor(options: SystemdOptions = {}) {
    this.#run = options.run ?? runProcess;
    this.#units = options.units ?? "/etc/systemd/system";
    this.#limitMs = options.limitMs ?? 120_000;
  }

  /** The unit's state. One that does not exist has the load state `not-found`. */
  async state(unit: string, signal: AbortSignal): Promise<UnitState> {
    assertName("unit", unit, UNIT);
    const properties = PROPERTIES.map((property) => `--property=${property}`);
    const shown = await this.#systemctl(`read the unit ${unit}`, ["show", ...properties, "--", unit], signal);
    const values = new Map(shown.split("\n").map((line) => pair(line)));
    const value = (property: string) => values.get(property) ?? "";
    const mainPID = Number(value("MainPID"));
    return {
      load: value("LoadState"),
      active: value("ActiveState"),
      sub: value("SubState"),
      file: value("UnitFileState"),
      result: value("Result"),
      mainPID: mainPID > 0 ? mainPID : undefined,
    };
  }

  /** Whether the unit is active. */
  async isActive(unit: string, signal: AbortSignal): Promise<boolean> {
    return (await this.state(unit, signal)).active === "active";
  }

  /** @throws {@link CommandError} with the last lines of the unit's log. */
  async start(unit: string, signal: AbortSignal): Promise<void> {
    await this.#act("start", unit, signal);
  }

  async stop(unit: string, signal: AbortSignal): Promise<void> {
    await this.#act("stop", unit, signal);
  }

  /** @throws {@link CommandError} with the last lines of the unit's log. */
  async restart(unit: string, signal: AbortSignal): Promise<void> {
    await this.#act("restart", unit, signal);
  }

  /** Has the unit read its configuration anew, by a restart where it cannot otherwise. */
  async reload(unit: string, signal: AbortSignal): Promise<void> {
    await this.#act("reload-or-restart", unit, signal);
  }

  /** Has the unit start with the machine, and with `now` at once. */
  async enable(unit: string, signal: AbortSignal, { now = false } = {}): Promise<void> {
    await this.#act("enable", unit, signal, now ? ["--now"] : []);
  }

  /** Keeps the unit from starting with the machine, and with `now` stops it. */
  async disable(unit: string, signal: AbortSignal, { now = false } = {}): Promise<void> {
    await this.#act("disable", unit, signal, now ? ["--now"] : []);
  }

  /** Keeps the unit from starting at all, also for others, and stops it. */
  async mask(unit: string, signal: AbortSignal): Promise<void> {
    await this.#act("mask", unit, signal, ["--now"]);
  }

  async unmask(unit: string, signal: AbortSignal): Promise<void> {
    await this.#act("unmask", unit, signal);
  }

  /**
   * Writes a unit file, which systemd reads at once. Starts and enables nothing.
   *
   * @returns whether the file has changed: the unit may need a restart then.
   */
  async writeUnit(unit: string, content: string, signal: AbortSignal): Promise<boolean> {
    assertName("unit", unit, UNIT);
    const path = join(this.#units, unit);
    if ((await contentOf(path)) === content) return false;
    await writeFileAtomically(path, content, { mode: 0o644 });
    await this.daemonReload(signal);
    return true;
  }

  /** Stops and disables a unit, and removes its file. Ignores one that has no file. */
  async removeUnit(unit: string, signal: AbortSignal): Promise<void> {
    assertName("unit", unit, UNIT);
    const path = join(this.#units, unit);
    if ((await contentOf(path)) === undefined) return;
    await this.disable(unit, signal, { now: true });
    await removeFile(path);
    await this.daemonReload(signal);
  }

  /** Has systemd read all unit files anew. */
  async daemonReload(signal: AbortSignal): Promise<void> {
    await this.#systemctl("reload the unit files", ["daemon-reload"], signal);
  }

  async #act(
    verb: string,
    unit: string,
    signal: AbortSignal,
    options: readonly string[] = [],
  ): Promise<void> {
    assertName("unit", unit, UNIT);
    const action = `${verb} the unit ${unit}`;
    const command = ["systemctl", "--no-ask-password", verb, ...options, "--", unit];
    const outcome = await this.#call(action, command, signal);
    if (outcome.exitCode === 0) return;
    const log = await this.#log(unit, signal);
    throw new CommandError("systemd", action, command, { ...outcome, stderr: `${outcome.stderr}${log}` });
  }

  async #systemctl(action: string, words: readonly string[], signal: AbortSignal): Promise<string> {
    const command = ["systemctl", "--no-ask-password", ...words];
    const outcome = await this.#call(action, command, signal);
    if (outcome.exitCode !== 0) throw new CommandError("systemd", action, command, outcome);
    return outcome.stdout;
  }

  /** systemctl says only that a unit has failed; its log says why. */
  async #log(unit: string, signal: AbortSignal): Promise<string> {
    const options = ["--no-pager", "--quiet", "--output=cat", `--lines=${LOG_LINES}`, `--unit=${unit}`];
    const { exitCode, stdout } = await this.#call("read the log", ["journalctl", ...options], signal);
    return exitCode === 0 ? stdout : "";
  }

  #call(action: string, command: readonly string[], signal: AbortSignal): Promise<ProcessOutcome> {
    return this.#run(["env", "LC_ALL=C.UTF-8", ...command], { action, limitMs: this.#limitMs, signal });
  }
}

function pair(line: string): readonly [string, string] {
  const [property = "", ...value] = line.split("=");
  return [property, value.join("=")];
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}

import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { ConditionError, type RunProcess, writeFileAtomically } from "charm-kit";
import type { Timer, Timers, TimerState } from "../unit/ports.ts";
import { type RenderedTimer, renderTimer, type TimedUnit, timerPrefix, type UnitFile } from "./timers.ts";

/** A systemd command failed. */
export class SystemdError extends ConditionError {
  readonly code = "systemd";
  readonly remedy = "retry";
  override readonly checkedBy = "update-status";

  constructor(action: string, detail: string, options?: ErrorOptions) {
    super(`Cannot ${action}: systemd says "${detail}"`, options);
  }
}

/** Paths of systemd. */
export interface SystemdPaths {
  /** Directory of local unit files. */
  readonly units: string;
  /** Exists when systemd is PID 1. */
  readonly booted: string;
}

export interface SystemdTimersOptions {
  readonly unit: TimedUnit;
  readonly paths: SystemdPaths;
  /** The command that dispatches an event: absolute path and arguments. Undefined when the machine has none. */
  readonly dispatchCommand: (event: string) => Promise<readonly string[] | undefined>;
  readonly run: RunProcess;
}

const WANTED_BY = "timers.target.wants";
const LIMIT_MS = 60_000;

/** One unit's timers, as systemd unit files. The files are the only record. */
export class SystemdTimers implements Timers {
  readonly #options: SystemdTimersOptions;

  constructor(options: SystemdTimersOptions) {
    this.#options = options;
  }

  async ensure(timers: readonly Timer[], signal: AbortSignal): Promise<TimerState> {
    const { paths } = this.#options;
    if (!existsSync(paths.booted)) return "no-systemd";
    const rendered = await this.#render(timers);
    if (!rendered) return "no-dispatcher";
    const files = rendered.flatMap(({ service, timer }) => [service, timer]);
    const stale = (await this.#present()).filter((name) => !files.some((file) => file.name === name));
    if (stale.length > 0) await this.#withdraw(stale, signal);
    const changed = new Set<string>();
    for (const file of files) if (await this.#write(file)) changed.add(file.name);
    await this.#start(rendered, changed, signal);
    return "running";
  }

  async check(timers: readonly Timer[], signal: AbortSignal): Promise<TimerState> {
    const { unit, paths } = this.#options;
    if (!existsSync(paths.booted)) return "no-systemd";
    if (!(await this.#render(timers))) return "no-dispatcher";
    const names = timers.map(({ event }) => `${timerPrefix(unit.slug)}${event}.timer`);
    const shown = await this.#show(names, signal);
    return shown.every(({ isActive }) => isActive) ? "running" : "stopped";
  }

  async remove(signal: AbortSignal): Promise<void> {
    const present = await this.#present();
    if (present.length > 0) await this.#withdraw(present, signal);
  }

  /** @returns undefined when no command dispatches the events. */
  async #render(timers: readonly Timer[]): Promise<readonly RenderedTimer[] | undefined> {
    const { unit, dispatchCommand } = this.#options;
    const rendered: RenderedTimer[] = [];
    for (const timer of timers) {
      const command = await dispatchCommand(timer.event);
      if (!command) return undefined;
      rendered.push(renderTimer(unit, timer, command));
    }
    return rendered;
  }

  /** Names of the unit's files, including partial ones from a killed dispatch. */
  async #present(): Promise<readonly string[]> {
    const { unit, paths } = this.#options;
    const names = async (directory: string) =>
      (await readdir(directory).catch(() => [])).filter((name) => name.startsWith(timerPrefix(unit.slug)));
    const enabled = await names(join(paths.units, WANTED_BY));
    return [...new Set([...(await names(paths.units)), ...enabled])];
  }

  /** @returns whether the file was missing or different. */
  async #write({ name, content }: UnitFile): Promise<boolean> {
    const { units } = this.#options.paths;
    const path = join(units, name);
    const known = await readFile(path, "utf8").catch(() => undefined);
    if (known === content) return false;
    await mkdir(units, { recursive: true });
    await writeFileAtomically(path, content, { mode: 0o644 });
    return true;
  }

  /** A running service is never restarted, even when its file changes. */
  async #start(
    rendered: readonly RenderedTimer[],
    changed: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<void> {
    const names = rendered.map(({ timer }) => timer.name);
    const shown = await this.#show([...rendered.map(({ service }) => service.name), ...names], signal);
    // A dispatch that was killed after the write did not reload systemd.
    if (changed.size > 0 || shown.some(({ isStale }) => isStale))
      await this.#systemctl("read its units again", ["daemon-reload"], signal);
    const isWell = new Set(
      shown.filter(({ isActive, isEnabled }) => isActive && isEnabled).map(({ name }) => name),
    );
    const due = names.filter((name) => changed.has(name) || !isWell.has(name));
    if (due.length === 0) return;
    await this.#systemctl("enable timers", ["enable", "--quiet", ...due], signal);
    await this.#systemctl("start timers", ["restart", ...due], signal);
  }

  async #show(names: readonly string[], signal: AbortSignal): Promise<readonly ShownUnit[]> {
    const properties = "--property=Id,ActiveState,UnitFileState,NeedDaemonReload";
    const stdout = await this.#systemctl("look at timers", ["show", properties, "--", ...names], signal);
    return stdout.trim().split(/\n\n+/).map(readUnit);
  }

  /** Stops and deletes units, and clears their failed state. */
  async #withdraw(names: readonly string[], signal: AbortSignal): Promise<void> {
    const { units, booted } = this.#options.paths;
    const isBooted = existsSync(booted);
    const loadable = names.filter((name) => /\.(timer|service)$/.test(name));
    // Timers first, so that none restarts its service.
    const ordered = [...loadable].sort((left, right) => Number(isService(left)) - Number(isService(right)));
    // A unit that is not loaded needs no stop.
    if (isBooted) for (const name of ordered) await this.#attempt("stop a timer", ["stop", name], signal);
    for (const name of names) {
      await rm(join(units, WANTED_BY, name), { force: true });
      await rm(join(units, name), { force: true });
    }
    if (!isBooted) return;
    await this.#systemctl("read its units again", ["daemon-reload"], signal);
    if (ordered.length > 0) await this.#attempt("forget failed timers", ["reset-failed", ...ordered], signal);
  }

  async #systemctl(action: string, words: readonly string[], signal: AbortSignal): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#attempt(action, words, signal);
    if (exitCode !== 0) throw new SystemdError(action, stderr.trim().replaceAll(/\s+/g, " "));
    return stdout;
  }

  #attempt(action: string, words: readonly string[], signal: AbortSignal) {
    return this.#options.run(["systemctl", ...words], { action, limitMs: LIMIT_MS, signal });
  }
}

interface ShownUnit {
  readonly name: string;
  readonly isActive: boolean;
  readonly isEnabled: boolean;
  /** Whether the file has changed since systemd loaded it. */
  readonly isStale: boolean;
}

function readUnit(lines: string): ShownUnit {
  const property = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(lines)?.[1] ?? "";
  return {
    name: property("Id"),
    isActive: property("ActiveState") === "active",
    isEnabled: property("UnitFileState") === "enabled",
    isStale: property("NeedDaemonReload") === "yes",
  };
}

function isService(name: string): boolean {
  return name.endsWith(".service");
}

import { existsSync } from "node:fs";
import type { RunProcess } from "charm-kit";
import { forgetModules, loadModules } from "./kernel-modules.ts";
import { installLxd, type LxdSign } from "./lxd-installer.ts";
import { checkVirtualMachines } from "./machine-check.ts";
import type { HostPaths } from "./host-paths.ts";
import { readMemory, readUsages, shortagesIn, type Memory } from "./shortages.ts";
import { raiseLimits } from "./raise-limits.ts";

/** The LXD operations that the host side needs. */
export interface HostLxd extends LxdSign {
  /** Whether LXD supports virtual machines. */
  hasVirtualMachines(signal: AbortSignal): Promise<boolean>;
  /** Whether a runner of another unit on this machine may have a job. */
  mayOtherUnitsHaveJobs(signal: AbortSignal): Promise<boolean>;
}

export interface HostOptions {
  readonly paths: HostPaths;
  readonly run: RunProcess;
  readonly lxd: HostLxd;
  /** Whether LXD may be installed and started. False when the environment names its socket. */
  readonly mayInstall: boolean;
  /** The unit's name in other names, such as `runners-0`. */
  readonly slug: string;
}

/** The requirements on the machine. */
export interface HostNeed {
  readonly runners: number;
  /** Most processes and threads of each runner, if it is a container. */
  readonly processes: number;
  readonly virtualMachines: boolean;
}

/** The host side of a unit: LXD itself, kernel modules and limits. */
export class Host {
  readonly #options: HostOptions;

  constructor(options: HostOptions) {
    this.#options = options;
  }

  /**
   * Prepares the machine. Safe to repeat, and cheap when nothing is missing.
   *
   * @param step called with the progress of long operations.
   * @returns features that the machine lacks and that runners can work without, each as a short text.
   * @throws `LxdInstallError`, `VirtualMachinesError`, `ProcessError`.
   */
  async prepare(
    need: HostNeed,
    step: (what: string) => void,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const { lxd, mayInstall, paths, run, slug } = this.#options;
    if (mayInstall) await installLxd(lxd, run, step, signal);
    else if (!(await lxd.answers(signal))) return [];
    const { runners, processes, virtualMachines } = need;
    await loadModules(paths, run, { slug, virtualMachines }, signal);
    if (virtualMachines) checkVirtualMachines(paths, await lxd.hasVirtualMachines(signal));
    return raiseLimits(paths, { slug, runners, processes }, signal);
  }

  /** What all runners of the machine share and is used up, each as a short text with who holds the most of it. */
  async shortages(): Promise<readonly string[]> {
    return shortagesIn(await readUsages(this.#options.paths));
  }

  /** The machine's memory; undefined where the kernel does not tell. */
  memory(): Promise<Memory | undefined> {
    return readMemory(this.#options.paths);
  }

  /** Whether the machine requires a restart, such as after a kernel update, and no other unit is busy. */
  async mayReboot(signal: AbortSignal): Promise<boolean> {
    const { lxd, paths } = this.#options;
    if (!existsSync(paths.rebootRequired) || !(await lxd.answers(signal))) return false;
    return !(await lxd.mayOtherUnitsHaveJobs(signal));
  }

  /** Removes the unit's files and restores kernel limits that only it needed. LXD stays, since others may use it. */
  async remove(signal: AbortSignal): Promise<void> {
    const { paths, slug } = this.#options;
    await raiseLimits(paths, { slug, runners: undefined, processes: 0 }, signal);
    await forgetModules(paths, slug);
  }
}

import { existsSync } from "node:fs";
import type { RunProcess } from "charm-kit";
import { forgetModules, loadModules } from "./kernel-modules.ts";
import { installLxd, type LxdSign } from "./lxd-installer.ts";
import { checkVirtualMachines } from "./machine-check.ts";
import type { HostPaths } from "./host-paths.ts";
import { raiseLimits } from "./raise-limits.ts";

/** LXD as the host's side needs it. */
export interface HostLxd extends LxdSign {
  /** Whether it offers virtual machines. */
  hasVirtualMachines(signal: AbortSignal): Promise<boolean>;
  /** Whether a runner of another unit of this machine may have a job. */
  mayOtherUnitsHaveJobs(signal: AbortSignal): Promise<boolean>;
}

export interface HostOptions {
  readonly paths: HostPaths;
  readonly run: RunProcess;
  readonly lxd: HostLxd;
  /** Whether LXD may be installed and started; not where a person has named its socket. */
  readonly mayInstall: boolean;
  /** The unit's name in other names, such as `runners-0`. */
  readonly slug: string;
}

/** What the machine is to be made ready for. */
export interface HostNeed {
  readonly runners: number;
  readonly virtualMachines: boolean;
}

/** What a unit needs of its machine beside what it makes on LXD: LXD itself, kernel modules and limits. */
export class Host {
  readonly #options: HostOptions;

  constructor(options: HostOptions) {
    this.#options = options;
  }

  /**
   * Makes the machine ready. Safe to repeat; costs next to nothing when all is as it should be.
   *
   * @param step told what is being done, where it takes long.
   * @returns what the machine lacks without which runners still work, each as a short text.
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
    const { runners, virtualMachines } = need;
    await loadModules(paths, run, { slug, virtualMachines }, signal);
    if (virtualMachines) checkVirtualMachines(paths, await lxd.hasVirtualMachines(signal));
    return raiseLimits(paths, { slug, runners }, signal);
  }

  /** Whether the machine asks for a restart, as after an update of its kernel, and no other unit stands against it. */
  async mayReboot(signal: AbortSignal): Promise<boolean> {
    const { lxd, paths } = this.#options;
    if (!existsSync(paths.rebootRequired) || !(await lxd.answers(signal))) return false;
    return !(await lxd.mayOtherUnitsHaveJobs(signal));
  }

  /** Takes the unit's files away and puts back the kernel limits that only it needed. LXD stays: others may use it. */
  async remove(signal: AbortSignal): Promise<void> {
    const { paths, slug } = this.#options;
    await raiseLimits(paths, { slug, runners: undefined }, signal);
    await forgetModules(paths, slug);
  }
}

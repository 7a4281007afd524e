/** Paths that a unit reads and writes on its machine; tests pass their own. */
export interface HostPaths {
  readonly sysctlDirectory: string;
  readonly modulesDirectory: string;
  readonly proc: string;
  readonly sys: string;
  readonly dev: string;
  /** Where Juju mounts the unit's storage. */
  readonly storage: string;
  /** Exists when the machine requires a restart. */
  readonly rebootRequired: string;
}

/** The paths of a real machine. */
export const HOST_PATHS: HostPaths = {
  sysctlDirectory: "/etc/sysctl.d",
  modulesDirectory: "/etc/modules-load.d",
  proc: "/proc",
  sys: "/sys",
  dev: "/dev",
  storage: "/storage/juju",
  rebootRequired: "/var/run/reboot-required",
};

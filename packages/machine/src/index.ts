export { runProcess, type ProcessOptions, type ProcessOutcome, type RunProcess } from "charm-kit";
export { Apt, type AptOptions, type InstalledPackage, type PackageRequest, type Repository } from "./apt.ts";
export { CommandError, MachineNameError, type CommandErrorCode } from "./command-error.ts";
export { SnapdError, type SnapdErrorKind } from "./snapd-error.ts";
export { Snaps, type InstalledSnap, type SnapRequest, type SnapsOptions } from "./snaps.ts";
export { Systemd, type SystemdOptions, type UnitState } from "./systemd.ts";

import { dirname, join } from "node:path";

/** Directories of the LXD daemon on the machine. Absolute. */
export interface LxdDirectories {
  /** Its data: below it, `disks` has its pools' files. */
  readonly data: string;
  /** A directory for each instance with logs of its own. */
  readonly logs: string;
}

/** Incus listens in `/run` too. */
const INCUS = /^\/(?:run|var\/lib)\/incus\//;

/**
 * The directories of the daemon that listens at a socket: Debian's LXD and Incus log to `/var/log`; the snap, and a
 * daemon in a directory of its own, log beside their data. Pure.
 */
export function lxdDirectories(socket: string): LxdDirectories {
  if (INCUS.test(socket)) return { data: "/var/lib/incus", logs: "/var/log/incus" };
  const data = dirname(socket);
  return { data, logs: data === "/var/lib/lxd" ? "/var/log/lxd" : join(data, "logs") };
}

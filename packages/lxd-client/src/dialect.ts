/** What differs between the daemons that speak this API: names, not shapes. */
export interface Dialect {
  readonly name: "lxd" | "incus";
  /** Prefix of its HTTP headers, in lower case, as answers carry them. */
  readonly headerPrefix: string;
  /** Environment variable that names the socket. */
  readonly socketVariable: string;
  /** Environment variable that names the directory with `unix.socket` in it. */
  readonly directoryVariable: string;
  /** Where packages put the socket, best first. */
  readonly socketPaths: readonly string[];
}

/** How LXD differs. */
export const LXD: Dialect = {
  name: "lxd",
  headerPrefix: "x-lxd-",
  socketVariable: "LXD_SOCKET",
  directoryVariable: "LXD_DIR",
  socketPaths: ["/var/snap/lxd/common/lxd/unix.socket", "/var/lib/lxd/unix.socket"],
};

/** How Incus differs. */
export const INCUS: Dialect = {
  name: "incus",
  headerPrefix: "x-incus-",
  socketVariable: "INCUS_SOCKET",
  directoryVariable: "INCUS_DIR",
  socketPaths: ["/var/lib/incus/unix.socket", "/run/incus/unix.socket"],
};

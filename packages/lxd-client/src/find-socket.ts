import { INCUS, LXD, type Dialect } from "./dialect.ts";

/** A daemon's socket and the dialect spoken there. */
export interface LxdSocket {
  readonly path: string;
  readonly dialect: Dialect;
}

/** Environment variables, as a process has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Finds the daemon's socket: what the environment names first, then the snap's path, Debian's, and those of Incus.
 *
 * What the environment names is a person's choice and is returned whether it is there or not, so that connecting to it
 * says what is wrong with it.
 *
 * @param exists whether a path is there.
 * @returns the socket, or undefined where none is.
 */
export function findSocket(
  environment: Environment,
  exists: (path: string) => boolean,
): LxdSocket | undefined {
  const dialects = [LXD, INCUS];
  for (const dialect of dialects) {
    const path = namedSocket(environment, dialect);
    if (path !== undefined) return { path, dialect };
  }
  for (const dialect of dialects) {
    const path = dialect.socketPaths.find(exists);
    if (path !== undefined) return { path, dialect };
  }
  return undefined;
}

/** The socket at a path that a package uses, whether it is there or not. */
export function socketAt(path: string): LxdSocket {
  return { path, dialect: INCUS.socketPaths.includes(path) ? INCUS : LXD };
}

function namedSocket(environment: Environment, dialect: Dialect): string | undefined {
  const socket = environment[dialect.socketVariable];
  if (socket) return socket;
  const directory = environment[dialect.directoryVariable];
  return directory ? `${directory.replace(/\/+$/, "")}/unix.socket` : undefined;
}

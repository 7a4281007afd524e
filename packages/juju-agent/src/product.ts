import { readFileSync } from "node:fs";
import { join } from "node:path";

import { isRecord } from "charm-kit";

/** A charm that is part of an agent's program. */
export interface OwnCharm {
  /** Absolute path of its archive. */
  readonly archive: string;
  /** SHA-256 of the archive, in hexadecimal. */
  readonly digest: string;
}

/** A program that is made of the agent: the agent itself, or one with a charm and a name of its own. */
export interface Product {
  /** Name of the program, of its systemd units, and of its directories below `/var/lib` and `/var/cache`. */
  readonly name: string;
  readonly version: string;
  /** The charm that it deploys without being given an archive. */
  readonly ownCharm?: OwnCharm;
  /** The package manager that installs, starts and removes it, such as `dpkg`. */
  readonly managedBy?: string;
}

/**
 * Reads the `package.json` of a program. Programs that the package of the agent on npm provides have no `agent` in it.
 *
 * @param directory absolute path.
 */
export function readProduct(directory: string): Product {
  const { name, version, agent } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as {
    readonly name: string;
    readonly version: string;
    readonly agent?: { readonly charm?: unknown; readonly managedBy?: string };
  };
  const { charm, managedBy } = agent ?? {};
  return {
    name,
    version,
    ...(isCharm(charm) ? { ownCharm: { archive: join(directory, charm.file), digest: charm.digest } } : {}),
    ...(managedBy === undefined ? {} : { managedBy }),
  };
}

/** State directory of a program without `--state`. */
export function defaultStateDirectory(name: string): string {
  return `/var/lib/${name}`;
}

function isCharm(value: unknown): value is { readonly file: string; readonly digest: string } {
  return isRecord(value) && typeof value["file"] === "string" && typeof value["digest"] === "string";
}

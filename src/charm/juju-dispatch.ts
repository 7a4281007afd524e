import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** Programs that run a command in a unit's context; `juju-run` is the name in Juju 2.9. */
const PROGRAMS = ["juju-exec", "juju-run"];

/**
 * The command that makes Juju dispatch an event to a unit.
 *
 * @param searchPath directories to search for `juju-exec`, separated by colons.
 * @returns absolute path and arguments; undefined on a machine without Juju.
 */
export async function jujuDispatchCommand(
  unitName: string,
  event: string,
  searchPath: string,
): Promise<readonly string[] | undefined> {
  const program = await findProgram(searchPath);
  return program === undefined
    ? undefined
    : [program, unitName, `JUJU_DISPATCH_PATH=hooks/${event} ./dispatch`];
}

async function findProgram(searchPath: string): Promise<string | undefined> {
  for (const name of PROGRAMS) {
    for (const directory of searchPath.split(delimiter).filter(Boolean)) {
      const path = join(directory, name);
      const found = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (found) return path;
    }
  }
  return undefined;
}

import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { isRecord, messageOf } from "charm-kit";

/** A program of a charm that is to run as long as the agent serves. */
export interface DeclaredProgram {
  /** Name of the unit, such as `app/0`. */
  readonly unit: string;
  /** Name of the declaration's file, without its extension. */
  readonly name: string;
  /** Absolute path and arguments. */
  readonly command: readonly string[];
  /** Changes when the declaration is written again: the program is started anew then. */
  readonly version: string;
}

const EXTENSION = ".json";

/**
 * Reads the programs that a unit's hooks have declared: files such as `{"command": ["/path/to/program", "argument"]}`.
 *
 * @param directory of the declarations; it may be missing.
 * @param onFault told of each file that declares nothing.
 */
export async function readDeclaredPrograms(
  unit: string,
  directory: string,
  onFault: (text: string) => void,
): Promise<readonly DeclaredProgram[]> {
  const names = (await readdir(directory).catch(() => [])).filter((name) => name.endsWith(EXTENSION));
  const declared: DeclaredProgram[] = [];
  for (const file of names.sort()) {
    try {
      const path = join(directory, file);
      const { ino, mtimeMs, size } = await stat(path);
      const command = commandIn(await readFile(path, "utf8"));
      declared.push({
        unit,
        name: file.slice(0, -EXTENSION.length),
        command,
        version: `${ino}-${mtimeMs}-${size}`,
      });
    } catch (thrown) {
      onFault(`Cannot run the program of ${file}: ${messageOf(thrown)}`);
    }
  }
  return declared;
}

function commandIn(text: string): readonly string[] {
  const declaration: unknown = JSON.parse(text);
  const command = isRecord(declaration) ? declaration["command"] : undefined;
  if (
    Array.isArray(command) &&
    command.every((word): word is string => typeof word === "string") &&
    command[0]?.startsWith("/")
  )
    return command;
  throw new Error("it has no command, or one without an absolute path");
}

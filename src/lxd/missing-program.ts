import { LxdError, OperationError } from "lxd-client";
import { ProgramMissingError } from "./errors.ts";

/** Texts of Go, and of LXD where it looks for the program first. */
const MISSING = [
  /exec: "([\w.+-]+)": executable file not found/,
  /\b(dnsmasq) is required for \w+ managed bridges/,
];

/** The program that LXD lacked for what failed; undefined for other errors. Pure. */
export function missingProgram(thrown: unknown): string | undefined {
  if (!(thrown instanceof LxdError) && !(thrown instanceof OperationError)) return undefined;
  return MISSING.map((text) => text.exec(thrown.detail)?.[1]).find((program) => program !== undefined);
}

/**
 * @param action what LXD was doing, as it reads after "Cannot".
 * @throws {@link ProgramMissingError} in place of LXD's own error; other errors of the work unchanged.
 */
export async function namingMissingProgram<T>(action: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const program = missingProgram(thrown);
    throw program === undefined ? thrown : new ProgramMissingError(action, program, { cause: thrown });
  }
}

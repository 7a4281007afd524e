/** An exit code of the command line. */
export interface ExitCode {
  readonly code: number;
  readonly meaning: string;
}

/** All exit codes. The help and the page of the documentation are made of this list. */
export const EXIT_CODES = [
  { code: 0, meaning: "done; for wait: the unit has the status" },
  { code: 1, meaning: "refused or failed; exec and dispatch-event exit with the code of their command" },
  {
    code: 2,
    meaning: "wrong use of the command line, or an event that the charm does not have; nothing was done",
  },
  { code: 3, meaning: "wait: the unit is blocked" },
  { code: 4, meaning: "wait: the time is up, as while the unit is waiting or in maintenance" },
  { code: 5, meaning: "wait: the unit is in error" },
] as const satisfies readonly ExitCode[];

/** The code of a verb that was refused or failed. */
export const FAILED = 1;
/** The code for wrong use of the command line. */
export const USAGE = 2;

/** The list for a terminal. */
export function renderExitCodes(): string {
  return `\nExit codes:\n${EXIT_CODES.map(({ code, meaning }) => `  ${code}  ${meaning}\n`).join("")}`;
}

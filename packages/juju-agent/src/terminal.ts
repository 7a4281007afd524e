import type { ReadStream, WriteStream } from "node:tty";

/** Where a person reads the answers. */
export interface Terminal {
  /** undefined where the standard output is no terminal. */
  readonly size: () => { readonly columns: number; readonly rows: number } | undefined;
  /** False on anything but a terminal, and where a person asks for none: https://no-color.org. */
  readonly hasColour: boolean;
  /** Whether it shows more than ASCII. */
  readonly hasUnicode: boolean;
  /** Tells of keys and of changes of the size. @returns ends that */
  readonly attend: (onKey: (key: string) => void, onResize: () => void) => () => void;
}

/** No terminal at all. */
export const NO_TERMINAL: Terminal = {
  size: () => undefined,
  hasColour: false,
  hasUnicode: true,
  attend: () => () => undefined,
};

/** The terminal of a process. */
export function terminalOf(
  { stdin, stdout }: { readonly stdin: ReadStream; readonly stdout: WriteStream },
  env: Readonly<Record<string, string | undefined>>,
): Terminal {
  // Of a file or a pipe the streams have another type, and nothing of this.
  const isTerminal = (stdout.isTTY as boolean | undefined) === true;
  // A variable that is empty counts for unset.
  const locale = ["LC_ALL", "LC_CTYPE", "LANG"].map((name) => env[name] ?? "").find((value) => value !== "");
  return {
    size: () => {
      if (!isTerminal || env["TERM"] === "dumb") return undefined;
      return { columns: stdout.columns || 80, rows: stdout.rows || 24 };
    },
    hasColour: isTerminal && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb",
    hasUnicode: !isTerminal || /utf-?8/i.test(locale ?? ""),
    attend: (onKey, onResize) => {
      const isRaw = (stdin.isTTY as boolean | undefined) === true;
      const onData = (data: Buffer) => {
        onKey(data.toString("latin1"));
      };
      stdout.on("resize", onResize);
      if (isRaw) stdin.setRawMode(true).resume().on("data", onData);
      return () => {
        stdout.off("resize", onResize);
        if (isRaw) stdin.off("data", onData).setRawMode(false).pause();
      };
    },
  };
}

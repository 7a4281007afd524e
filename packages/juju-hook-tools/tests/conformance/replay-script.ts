import type { ToolCallCase } from "./hook-tool-case.ts";

/** What a call printed. */
export interface PrintedAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A Bash script that makes the calls in a context and prints one line for each, for {@link readReplay}. */
export function replayScript(calls: readonly ToolCallCase[], ids: Readonly<Record<string, string>>): string {
  const lines = calls.map(({ call, input = "" }) => {
    const words = call.map((word) => quoted(withIds(word, ids)));
    const stdin = Buffer.from(input).toString("base64");
    return [
      `printf %s ${quoted(stdin)} | base64 -d | ${words.join(" ")} >"$d/out" 2>"$d/err"; c=$?`,
      `echo "answer:$c:$(base64 -w0 <"$d/out"):$(base64 -w0 <"$d/err")"`,
    ].join("\n");
  });
  return ["d=$(mktemp -d)", ...lines, 'rm -r "$d"', ""].join("\n");
}

/** Reads the lines of a replay. Other lines are ignored. */
export function readReplay(output: string): readonly PrintedAnswer[] {
  return [...output.matchAll(/^answer:(\d+):([^:\n]*):([^:\n]*)$/gm)].map(
    ([, code = "", stdout = "", stderr = ""]) => ({
      code: Number(code),
      stdout: Buffer.from(stdout, "base64").toString("utf8"),
      stderr: Buffer.from(stderr, "base64").toString("utf8"),
    }),
  );
}

/** Fills in the IDs of secrets. */
export function withIds(word: string, ids: Readonly<Record<string, string>>): string {
  return word.replace(/\{(granted|denied|owned)\}/, (placeholder, name: string) => ids[name] ?? placeholder);
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

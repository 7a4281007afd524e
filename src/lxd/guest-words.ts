import type { LxdClient } from "lxd-client";

/** How long the guest may take to answer, in milliseconds. */
const LIMIT_MS = 5_000;
const CONSOLE_BYTES = 4096;
const MOST_LINES = 4;
const LONGEST = 300;

/**
 * What a guest that did not become ready says of itself: the last lines of its unit's journal, or those of its console
 * where no command can be run in it. Untrusted: printable ASCII only, and bounded.
 *
 * @param unit the guest's systemd unit.
 * @returns undefined where neither says anything.
 */
export async function guestWords(
  client: LxdClient,
  name: string,
  unit: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const journal = {
    command: [
      "journalctl",
      "--quiet",
      "--no-pager",
      "--output=cat",
      `--lines=${MOST_LINES}`,
      `--unit=${unit}`,
    ],
    maxOutputBytes: 4096,
    overflow: "keep-end",
    limitMs: LIMIT_MS,
  } as const;
  const said = await client.exec.run(name, journal, signal).then(
    ({ stdout }) => lastLines(stdout),
    () => "",
  );
  signal.throwIfAborted();
  if (said !== "") return `its journal ends with: ${said}`;
  const shown = await client.instances.consoleLog(name, CONSOLE_BYTES, signal).then(lastLines, () => "");
  signal.throwIfAborted();
  return shown === "" ? undefined : `its console ends with: ${shown}`;
}

/** Colours and movements of a terminal. */
// eslint-disable-next-line no-control-regex -- they begin with a control character
const ESCAPE_SEQUENCE = /\x1b(?:\[[0-9;?]*[A-Za-z]|[()][A-Z0-9])/g;

/** The last lines in one. */
export function lastLines(text: string): string {
  const lines = text
    .replaceAll(ESCAPE_SEQUENCE, "")
    .replaceAll(/[^\x20-\x7e\n]/g, " ")
    .split("\n")
    .map((line) => line.replaceAll(/ +/g, " ").trim())
    .filter((line) => line !== "");
  return lines.slice(-MOST_LINES).join(" | ").slice(-LONGEST);
}

import { lastLines } from "charm-kit";
import type { LxdClient } from "lxd-client";

/** How long the guest may take to answer, in milliseconds. */
const LIMIT_MS = 5_000;
const CONSOLE_BYTES = 4096;
const MOST_LINES = 4;
const QUOTED = { lines: MOST_LINES, characters: 300 } as const;

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
    ({ stdout }) => lastLines(stdout, QUOTED),
    () => "",
  );
  signal.throwIfAborted();
  if (said !== "") return `its journal ends with: ${said}`;
  const shown = await client.instances.consoleLog(name, CONSOLE_BYTES, signal).then(
    (text) => lastLines(text, QUOTED),
    () => "",
  );
  signal.throwIfAborted();
  return shown === "" ? undefined : `its console ends with: ${shown}`;
}

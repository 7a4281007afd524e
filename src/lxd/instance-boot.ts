import { createInterface } from "node:readline/promises";
import { Readable } from "node:stream";
import { withDeadline } from "../support/deadline.ts";
import type { LxdClient } from "./client/index.ts";
import { ImageBuildError } from "./errors.ts";

const BOOT_LIMIT_MS = 3 * 60_000;

/**
 * Waits in the guest until systemd has started what it starts; `--wait` alone ends at once while systemd itself is not
 * there yet.
 */
const WAIT_FOR_SYSTEM = `
until [ -S /run/systemd/private ]; do sleep 0.05; done
systemctl is-system-running --wait >/dev/null || true
`;

/** Starts an instance of a builder or template and waits until its system is up. */
export async function boot(client: LxdClient, name: string, signal: AbortSignal): Promise<void> {
  await withDeadline(`boot instance '${name}'`, BOOT_LIMIT_MS, signal, async (limited) => {
    await client.instances.changeState(name, { action: "start" }, limited);
    await runScript(client, { name, step: "waiting for the system", script: WAIT_FOR_SYSTEM }, limited);
  });
}

/** A script that root runs in an instance. */
export interface GuestScript {
  readonly name: string;
  /** What it does until it prints a step of its own, for the error. */
  readonly step: string;
  readonly script: string;
  /** Called with each line `step: <what>` that it prints. */
  readonly progress?: (step: string) => void;
}

const STEP = "step: ";
const ERROR_TAIL = 1000;
const SCRIPT_LIMIT_MS = 60 * 60_000;

/** @throws {@link ImageBuildError} with the end of its output when it fails. */
export async function runScript(client: LxdClient, guest: GuestScript, signal: AbortSignal): Promise<void> {
  const { name, script, progress } = guest;
  let { step } = guest;
  const running = await client.exec.start(
    name,
    { command: ["/bin/bash", "-c", 'exec 2>&1; eval "$(cat)"'], stdin: script, limitMs: SCRIPT_LIMIT_MS },
    signal,
  );
  let tail = "";
  for await (const line of createInterface({ input: Readable.from(running.stdout) })) {
    if (line.startsWith(STEP)) {
      step = line.slice(STEP.length);
      progress?.(step);
    }
    tail = `${tail}${line}\n`.slice(-ERROR_TAIL);
  }
  const exitCode = await running.exitCode;
  if (exitCode !== 0) throw new ImageBuildError(step, `its script ended with ${exitCode}: ${tail.trim()}`);
}

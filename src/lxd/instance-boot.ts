import { createInterface } from "node:readline/promises";
import { Readable } from "node:stream";
import { withDeadline } from "charm-kit";
import { untilStarted, type LxdClient } from "lxd-client";
import type { InstanceType } from "../runners/ports.ts";
import { ImageBuildError } from "./errors.ts";
import { inStartedGuest, type StartingGuest } from "./guest-start.ts";
import { startInstance } from "./start-instance.ts";

/** A virtual machine boots firmware, kernel and agent; on a loaded machine one took 6.5 minutes. */
const BOOT_LIMITS_MS: Readonly<Record<InstanceType, number>> = {
  container: 3 * 60_000,
  "virtual-machine": 20 * 60_000,
};

/**
 * Waits in the guest until systemd has finished booting; `--wait` alone returns at once while systemd itself is not
 * running yet.
 */
const WAIT_FOR_SYSTEM = `
until [ -S /run/systemd/private ]; do sleep 0.05; done
systemctl is-system-running --wait >/dev/null || true
`;

/**
 * Starts a builder or template and waits until its system has booted.
 *
 * @throws `DeadlineError` that names who did not answer, and the errors of {@link startInstance} and {@link runScript}.
 */
export async function boot(guest: StartingGuest, signal: AbortSignal): Promise<void> {
  const { client, name, type } = guest;
  const wait = { name, step: "waiting for the system", script: WAIT_FOR_SYSTEM };
  await withDeadline(`boot instance '${name}'`, BOOT_LIMITS_MS[type], signal, async (limited, waitFor) => {
    waitFor("LXD, which starts it");
    await startInstance(client, { name, type }, limited);
    await inStartedGuest({ ...guest, waitFor }, (inner) => runScript(client, wait, inner), limited);
  });
}

/** A script that root runs in an instance. */
export interface GuestScript {
  readonly name: string;
  /** Name of the first step, for errors before the script prints one. */
  readonly step: string;
  readonly script: string;
  /** Called for each printed line `step: <what>`. */
  readonly progress?: (step: string) => void;
}

const STEP = "step: ";
/** Most characters of a step's output in an error. Errors are at its end. */
const ERROR_LINES = 4;
const LONGEST_ERROR = 1000;
const SCRIPT_LIMIT_MS = 60 * 60_000;

/** @throws {@link ImageBuildError} with the last lines of the step when it fails. */
export async function runScript(client: LxdClient, guest: GuestScript, signal: AbortSignal): Promise<void> {
  await untilStarted(() => runOnce(client, guest, signal));
}

async function runOnce(client: LxdClient, guest: GuestScript, signal: AbortSignal): Promise<void> {
  const { name, script, progress } = guest;
  let { step } = guest;
  const running = await client.exec.start(
    name,
    { command: ["/bin/bash", "-c", 'exec 2>&1; eval "$(cat)"'], stdin: script, limitMs: SCRIPT_LIMIT_MS },
    signal,
  );
  let tail: string[] = [];
  for await (const line of createInterface({ input: Readable.from(running.stdout) })) {
    if (line.startsWith(STEP)) {
      step = line.slice(STEP.length);
      progress?.(step);
      tail = [];
    } else {
      tail = [...tail.slice(1 - ERROR_LINES), line];
    }
  }
  const exitCode = await running.exitCode;
  if (exitCode !== 0) {
    const end = tail.join("\n").slice(-LONGEST_ERROR).trim();
    throw new ImageBuildError(step, `its script ended with ${exitCode}: ${end}`);
  }
}

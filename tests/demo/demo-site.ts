import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { AgentEvent } from "juju-agent";
import { ProcessLock } from "charm-kit";
import { Rig } from "../support/rig/rig.ts";

/** Where the demo keeps its state. Fixed, so that a later run finds what an earlier one left. */
export const DIRECTORY = "/var/lib/github-runner-demo";
export const AGENT_DIRECTORY = join(DIRECTORY, "agent");
export const CONTROL_SOCKET = join(DIRECTORY, "github.sock");

/** Name of the application, and so of all that the demo makes on LXD. */
export const APPLICATION = "demo";
export const UNIT = `${APPLICATION}/0`;

const lock = new ProcessLock("github-runner-demo");

/**
 * Does work that no other demo may do at the same time.
 *
 * @throws Error at once while another one is at it.
 */
export async function alone<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  if (await lock.isHeld()) {
    throw new Error("Cannot run the demo: another run of it is under way on this machine; wait for its end");
  }
  return lock.run(work, signal);
}

/** Starts GitHub and an agent on the demo's directory; of an earlier GitHub nothing is left then. */
export function startRig(
  options: { readonly archive?: string; readonly onEvent?: (event: AgentEvent) => void },
  signal: AbortSignal,
): Promise<Rig> {
  return Rig.start({ ...options, application: APPLICATION, directory: DIRECTORY, outlives: true }, signal);
}

/** Whether an earlier run, killed or kept, has left its state. */
export function hasLeftovers(): boolean {
  return existsSync(join(AGENT_DIRECTORY, "state.json"));
}

/** Removes the application if it is there, whatever state it is in. */
export async function removeApplication(rig: Rig, signal: AbortSignal): Promise<void> {
  const { applications } = await rig.agent.status();
  if (APPLICATION in applications) await rig.agent.remove(APPLICATION, true, signal);
}

/** Takes everything away that a run has made, but what serves the next one: base image and packed charm. */
export async function takeDown(rig: Rig, signal: AbortSignal): Promise<void> {
  try {
    await removeApplication(rig, signal);
  } finally {
    await rig.close(signal);
  }
  await rm(DIRECTORY, { recursive: true, force: true });
}

import { systemClock, type Await, type Clock } from "charm-kit";
import { LxdError, OperationError, type InstanceState, type LxdClient } from "lxd-client";
import type { InstanceType } from "../runners/ports.ts";
import { absentAsUndefined } from "./absent.ts";

/** An instance that starts. */
export interface StartingGuest {
  readonly client: LxdClient;
  readonly name: string;
  readonly type: InstanceType;
  /** Told who is being waited for. */
  readonly waitFor?: Await;
  /** Milliseconds between the first readings of a guest that is not up; later ones are farther apart. @default 2000 */
  readonly pollMs?: number;
  /** Milliseconds after which a stopped guest counts as powered off: LXD restarts one that resets. @default 30000 */
  readonly restartMs?: number;
  /** @default that of the system */
  readonly clock?: Pick<Clock, "wait">;
}

const POLL_MS = 2000;
/**
 * Each reading costs LXD time: it asks QEMU, the agent and the storage. On a slow machine, one every two seconds took as much
 * of the processor as the boot itself. So the pauses grow with the wait, of which they add this part at most.
 */
const PAUSE_SHARE = 0.1;
const LONGEST_PAUSE_MS = 15_000;
const RESTART_MS = 30_000;
/** Most resets of a guest while it starts. */
const RESETS = 2;

/**
 * Runs a command in a guest that starts, as soon as the guest can run one. LXD returns from the start of a virtual
 * machine before the agent in it is up, and refuses commands until then. A guest that resets while it starts gets the
 * command again.
 *
 * @param work the command; may run several times, and throws when it could not be run to its end.
 * @throws the error of `work` when the guest runs and the command fails, or when the guest does not come up again. Has no
 *   limit of its own.
 */
export async function inStartedGuest<T>(
  guest: StartingGuest,
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  // LXD runs commands in a container as soon as its start has ended.
  let pid = guest.type === "container" ? undefined : (await awaitGuest(guest, signal))?.pid;
  for (let resets = 0; ;) {
    try {
      guest.waitFor?.("the command in the guest");
      return await work(signal);
    } catch (thrown) {
      signal.throwIfAborted();
      const state = await absentAsUndefined(guest.client.instances.state(guest.name, signal));
      // A container that has stopped is not started again by LXD.
      if (state === undefined || (guest.type === "container" && state.status === "Stopped")) throw thrown;
      const isReset = !isRunning(state) || (pid !== undefined && state.pid !== pid);
      if (!isReset && canRun(guest, state) && !isRefusal(thrown)) throw thrown;
      if (isReset && ++resets > RESETS) throw thrown;
      await clockOf(guest).wait(pollMs(guest), signal);
      const again = await awaitGuest(guest, signal);
      if (again === undefined) throw thrown;
      pid = again.pid;
    }
  }
}

/** Waits until the guest can run commands; undefined when it is gone, or has powered off. */
async function awaitGuest(guest: StartingGuest, signal: AbortSignal): Promise<InstanceState | undefined> {
  for (let waitedMs = 0, stoppedMs = 0; ;) {
    const state = await absentAsUndefined(guest.client.instances.state(guest.name, signal));
    if (state === undefined || state.status === "Error") return undefined;
    if (canRun(guest, state)) return state;
    const pauseMs = Math.max(pollMs(guest), Math.min(waitedMs * PAUSE_SHARE, LONGEST_PAUSE_MS));
    stoppedMs = isRunning(state) ? 0 : stoppedMs + pauseMs;
    if (stoppedMs > (guest.restartMs ?? RESTART_MS)) return undefined;
    guest.waitFor?.(isRunning(state) ? "LXD's agent in the guest" : `the guest, which is ${state.status}`);
    await clockOf(guest).wait(pauseMs, signal);
    waitedMs += pauseMs;
  }
}

/** LXD counts the processes of a virtual machine through its agent, and gives -1 without one. */
function canRun({ type }: StartingGuest, state: InstanceState): boolean {
  return isRunning(state) && (type === "container" || state.processes >= 0);
}

function isRunning({ status }: InstanceState): boolean {
  return status === "Running" || status === "Ready";
}

/** The guest may be up by the time its state is read. */
function isRefusal(thrown: unknown): boolean {
  return (
    (thrown instanceof OperationError && (thrown.agentOffline || thrown.notRunning)) ||
    (thrown instanceof LxdError && thrown.status === 400 && thrown.detail.includes("is not running"))
  );
}

function clockOf({ clock = systemClock }: StartingGuest): Pick<Clock, "wait"> {
  return clock;
}

function pollMs({ pollMs: given = POLL_MS }: StartingGuest): number {
  return given;
}

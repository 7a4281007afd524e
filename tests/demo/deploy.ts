import type { AgentEvent } from "juju-agent";
import { withDeadline } from "charm-kit";
import type { StandInControl } from "../support/github/control/stand-in-control.ts";
import type { Rig } from "../support/rig/rig.ts";
import { deployPhases, type StatusMark } from "./deploy-phases.ts";
import type { Screen } from "./screen.ts";
import type { TimeTable } from "./time-table.ts";

/** How many runners the demo keeps. */
export const COUNT = 3;
const DEPLOY_LIMIT_MS = 15 * 60_000;

/** Shows what the unit says of itself, and keeps when it said so. */
export class StatusTeller {
  readonly marks: StatusMark[] = [];
  readonly #screen: Screen;
  #isOn = false;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** Shows statuses while the work goes on. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#isOn = true;
    try {
      return await work();
    } finally {
      this.#isOn = false;
    }
  }

  tell(event: AgentEvent): void {
    if (!this.#isOn || event.kind !== "status" || event.status.message === "") return;
    const { name, message } = event.status;
    this.marks.push({ atMs: performance.now(), message });
    // GitHub tells about each runner by name.
    if (!message.startsWith("Starting runners")) this.#screen.line(`${event.unit} ${name}: ${message}`);
  }
}

/** Deploys the charm and shows its runners come online, as GitHub sees them. */
export async function deploy(
  rig: Rig,
  {
    screen,
    times,
    teller,
  }: { readonly screen: Screen; readonly times: TimeTable; readonly teller: StatusTeller },
  signal: AbortSignal,
): Promise<void> {
  screen.heading(`Deployment with virtual-machines=${COUNT} instance-type=container`);
  const startMs = performance.now();
  const over = new AbortController();
  const shown = showRunners(rig.github, screen, AbortSignal.any([signal, over.signal]));
  // It may fail while the deployment is under way, and is awaited after it.
  shown.catch(() => undefined);
  try {
    await withDeadline("deploy the charm", DEPLOY_LIMIT_MS, signal, (limited) =>
      teller.during(() => rig.deploy({ "virtual-machines": String(COUNT) }, limited)),
    );
    const status = await rig.status();
    if (status !== `active: ${COUNT} runners: ${COUNT} idle`) {
      throw new Error(`Cannot bring the runners online: the unit says "${status}"`);
    }
    await shown;
  } finally {
    over.abort();
    await shown.catch(() => undefined);
  }
  const endMs = performance.now();
  times.add({ phase: "Deployment", ms: endMs - startMs }, ...deployPhases(teller.marks, startMs, endMs));
}

async function showRunners(github: StandInControl, screen: Screen, signal: AbortSignal): Promise<void> {
  const seen = new Set<string>();
  while (seen.size < COUNT) {
    const runners = await github.call("wait-for-runners", { idle: seen.size + 1 }, signal);
    const fresh = runners.filter(({ name, status }) => status === "online" && !seen.has(name));
    for (const { name, labels } of fresh) {
      seen.add(name);
      screen.success(`${name} is online at GitHub (${seen.size} of ${COUNT}): ${labels.join(", ")}`);
    }
  }
}

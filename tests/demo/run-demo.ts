import type { AgentEvent } from "juju-agent";
import type { Rig } from "../support/rig/rig.ts";
import { AGENT_DIRECTORY, hasLeftovers, removeApplication, startRig, takeDown } from "./demo-site.ts";
import { COUNT, deploy, StatusTeller } from "./deploy.ts";
import { checkRequirements, prepare } from "./prepare.ts";
import type { Screen } from "./screen.ts";
import { showJob, withPrograms } from "./show-job.ts";
import { renderTimeTable, TimeTable } from "./time-table.ts";

/** Cleaning up goes on when the demo is interrupted, and has a time of its own. */
const CLEAN_UP_MS = 3 * 60_000;

const INTRODUCTION = [
  `The charm keeps ${COUNT} runners alive on this machine's LXD; each runs one job and is replaced.`,
  "GitHub and GitHub's runner application are stand-ins; LXD, the charm and the containers are real.",
];

const STEPS = [
  'echo "Hello from $(hostname), as $(whoami)"',
  '. /etc/os-release; echo "$PRETTY_NAME, $(nproc) processors"',
];

/** The whole demo, from nothing to a job on a runner and its replacement. */
export async function runDemo(screen: Screen, keep: boolean, signal: AbortSignal): Promise<void> {
  await checkRequirements();
  screen.text(INTRODUCTION);
  const times = new TimeTable(() => performance.now());
  const archive = await prepare(screen, times, signal);
  const teller = new StatusTeller(screen);
  const troubles: string[] = [];
  const onEvent = (event: AgentEvent) => {
    teller.tell(event);
    if (event.kind === "log" && event.line.level === "ERROR") troubles.push(event.line.message);
  };
  const rig = await startSite({ archive, onEvent }, { screen, times }, signal);
  let isKept = false;
  try {
    await withPrograms(rig, async () => {
      await deploy(rig, { screen, times, teller }, signal);
      await showJob({ ...rigParts(rig), screen, times, count: COUNT }, STEPS, signal);
    });
    isKept = keep;
  } catch (thrown) {
    if (troubles.length > 0 && !signal.aborted)
      screen.text(["", "The unit's log says:", ...troubles.slice(-5)]);
    throw thrown;
  } finally {
    if (!isKept) await cleanUp(rig, screen, times);
  }
  screen.heading("Where the time went");
  screen.text(renderTimeTable(times.rows));
  screen.text(["", ...(isKept ? KEPT : DONE)]);
}

/** Starts GitHub, and takes away what an earlier run has left. */
async function startSite(
  options: { readonly archive: string; readonly onEvent: (event: AgentEvent) => void },
  { screen, times }: { readonly screen: Screen; readonly times: TimeTable },
  signal: AbortSignal,
): Promise<Rig> {
  screen.heading("GitHub");
  const isResumed = hasLeftovers();
  const rig = await times.measure("GitHub stand-in started", () => startRig(options, signal));
  try {
    screen.line(
      `A stand-in for GitHub listens at ${rig.config["github-url"] ?? ""}, in a network of its own`,
    );
    if (isResumed) {
      screen.line("An earlier run was kept or killed: what it left is taken away first");
      await times.measure("Earlier run taken away", () => removeApplication(rig, signal));
    }
    return rig;
  } catch (thrown) {
    await cleanUp(rig, screen, times);
    throw thrown;
  }
}

async function cleanUp(rig: Rig, screen: Screen, times: TimeTable): Promise<void> {
  screen.heading("Clean-up");
  await times.measure("Clean-up", () => takeDown(rig, AbortSignal.timeout(CLEAN_UP_MS)));
  screen.line(
    "Runners, image, bridge, pool and the GitHub stand-in are gone; LXD, the base image and dist/ stay",
  );
}

function rigParts({ agent, github, unit }: Rig): Pick<Rig, "agent" | "github" | "unit"> {
  return { agent, github, unit };
}

const DONE = [
  "The next run finds the base image and the packed charm in place. To keep the runners: npm run demo -- --keep",
];

const AGENT = `npm run --silent agent -- --state ${AGENT_DIRECTORY}`;
const KEPT = [
  "The runners stay up. What you can do now:",
  "",
  'npm run demo -- job "echo hi"                run a job on one of them',
  "lxc list                                     see their instances",
  `${AGENT} status`,
  "                                             what juju status would show",
  `${AGENT} run check-runners`,
  "                                             run an action",
  `${AGENT} config virtual-machines=5`,
  "                                             change an option",
  `${AGENT} debug-log`,
  "                                             read the unit's log",
  "npm run demo -- down                         take everything away",
];

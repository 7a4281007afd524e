import { readMachineFacts, UnitAgent } from "juju-agent";
import { systemClock } from "charm-kit";
import { StandInControl } from "../support/github/control/stand-in-control.ts";
import {
  AGENT_DIRECTORY,
  APPLICATION,
  CONTROL_SOCKET,
  hasLeftovers,
  startRig,
  takeDown,
  UNIT,
} from "./demo-site.ts";
import { prepareLxd } from "./prepare.ts";
import type { Screen } from "./screen.ts";
import { showJob, withPrograms } from "./show-job.ts";
import { renderTimeTable, TimeTable } from "./time-table.ts";

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Runs a job on the demo that was kept. */
export async function runJobOnKeptDemo(screen: Screen, script: string, signal: AbortSignal): Promise<void> {
  const github = new StandInControl(CONTROL_SOCKET);
  if (!hasLeftovers() || !(await answers(github, signal))) {
    throw new Error("Cannot run a job: no demo is up; start one with: npm run demo -- --keep");
  }
  const agent = new UnitAgent({
    stateDirectory: AGENT_DIRECTORY,
    clock: systemClock,
    machine: await readMachineFacts(PATH),
  });
  const options = await agent.configuration(APPLICATION);
  const count = Number(options["virtual-machines"]?.value);
  const times = new TimeTable(() => performance.now());
  await withPrograms({ agent }, () =>
    showJob({ github, agent, unit: UNIT, screen, times, count }, [script], signal),
  );
  screen.heading("Where the time went");
  screen.text(renderTimeTable(times.rows));
}

/** Takes a demo away that was kept or killed. */
export async function takeKeptDemoDown(screen: Screen, signal: AbortSignal): Promise<void> {
  screen.heading("Clean-up");
  if (!hasLeftovers()) {
    screen.line("No demo is up");
    return;
  }
  await prepareLxd(screen, signal);
  await takeDown(await startRig({}, signal), signal);
  screen.line("Runners, image, bridge, pool and the GitHub stand-in are gone; LXD and the base image stay");
}

async function answers(github: StandInControl, signal: AbortSignal): Promise<boolean> {
  return github.call("list-runners", null, signal).then(
    () => true,
    () => false,
  );
}

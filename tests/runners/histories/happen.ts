import { UNLISTED_JOB_MS } from "../../../src/runners/job-claims.ts";
import type { FakeSite } from "../fake-site.ts";
import type { Happening } from "./command.ts";

/** GitHub lets a busy runner go that it has missed for so long. */
const MISSED_MS = 15 * 60_000;

/** How long GitHub lists a busy runner as idle. */
const DENIED_MS = 12 * 60_000;

/** Lets something happen to a runner that the unit has no part in; nothing, where it makes no sense. */
export function happen(site: FakeSite, what: Happening["do"], name: string): void {
  const machine = site.machines.get(name);
  const registration = site.registrationOf(name);
  const runs = machine?.state === "running";
  switch (what) {
    case "job":
      if (runs && !site.ended.has(name) && !site.unseenJobs.has(name)) site.assignJob(name);
      break;
    case "deny":
      if (!registration?.busy || !runs) break;
      site.unseenJobs.add(name);
      site.changeRegistration(name, { busy: false });
      site.after(DENIED_MS, () => {
        if (site.unseenJobs.delete(name)) site.changeRegistration(name, { busy: true });
      });
      break;
    case "finish":
    case "vanish":
      if (runs && site.hasJob(name)) endApplication(site, name);
      if (what === "vanish" && site.machines.get(name)?.state === "stopped") site.machines.delete(name);
      break;
    case "crash":
      if (machine) site.changeMachine(name, { state: "stopped" });
      site.vanished.add(name);
      miss(site, name);
      break;
    case "error":
      // Of what LXD knows nothing more, nothing runs.
      if (machine) site.changeMachine(name, { state: "error" });
      miss(site, name);
      break;
    case "ghost":
      if (registration?.busy && (runs || machine?.state === "frozen")) {
        site.unseenJobs.add(name);
        // For GitHub, a job without a runner has failed long before.
        site.after(UNLISTED_JOB_MS, () => site.unseenJobs.delete(name));
      }
      if (registration) site.registrations.delete(registration.id);
      break;
    case "drop":
      if (!registration || site.hasJob(name) || !runs) break;
      site.registrations.delete(registration.id);
      site.ended.set(name, 0);
      site.saidEnded.set(name, site.now);
      break;
    case "requeue":
      if (runs) site.requeueJob(name);
      break;
    case "disconnect":
      site.changeRegistration(name, { online: false });
      break;
    case "connect":
      if (runs && !site.ended.has(name)) site.changeRegistration(name, { online: true });
      break;
    case "lose":
      site.machines.delete(name);
      site.vanished.add(name);
      miss(site, name);
      break;
    case "freeze":
      if (runs) site.changeMachine(name, { state: "frozen" });
      break;
    case "stop-standby":
      site.changeStandby(name, { state: "stopped" });
      break;
    case "lose-standby":
      site.standby.delete(name);
  }
}

function endApplication(site: FakeSite, name: string): void {
  site.unseenJobs.delete(name);
  site.finishJob(name);
}

/** The runner is gone for GitHub, which takes its time to believe it. */
function miss(site: FakeSite, name: string): void {
  site.unseenJobs.delete(name);
  site.changeRegistration(name, { online: false });
  const registration = site.registrationOf(name);
  if (registration?.busy) site.after(MISSED_MS, () => site.registrations.delete(registration.id));
}

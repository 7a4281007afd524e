import type { APIServer } from "../http/api-server.ts";
import type { World } from "../routes/route.ts";
import type { ActionsService } from "../state/actions-service.ts";
import { viewJob } from "../state/job-record.ts";
import type { JobRecord } from "../state/job-record.ts";
import { viewRunner } from "../state/runner-record.ts";
import type { RunnerView } from "../state/runner-record.ts";
import type { Scope } from "../state/scope.ts";
import type { ControlHandlers, RunnerCondition } from "./control-verbs.ts";

/** Lets the control plane act on a stand-in. */
export function controlHandlers(world: World, api: APIServer): ControlHandlers {
  return {
    ...jobHandlers(world.service),
    ...runnerHandlers(world.service),
    ...scaleSetHandlers(world),
    ...serverHandlers(world, api),
  };
}

function jobHandlers(service: ActionsService) {
  return {
    "queue-job": (request) => viewJob(service.queue(request)),
    "cancel-job": ({ id }) => {
      service.cancel(jobOf(service, id));
      return null;
    },
    "wait-for-job": ({ id, status }, signal) =>
      service.changes.until(() => {
        const job = jobOf(service, id);
        return job.status === status ? viewJob(job) : undefined;
      }, signal),
    "job-log": ({ id }) => jobOf(service, id).log,
    "list-jobs": () => [...service.jobs.values()].map(viewJob),
  } satisfies Partial<ControlHandlers>;
}

function runnerHandlers(service: ActionsService) {
  const views = () => [...service.runners.values()].map(viewRunner);
  return {
    "list-runners": views,
    "wait-for-runners": (condition, signal) =>
      service.changes.until(() => (holds(condition, views()) ? views() : undefined), signal),
    "drop-runner": ({ name }) => {
      for (const runner of service.runners.values()) if (runner.name === name) service.remove(runner);
      return null;
    },
    "add-application-faults": (faults) => {
      service.addApplicationFaults(faults);
      return null;
    },
    "advance-clock": ({ byMs }) => {
      service.clock.advance(byMs);
      return null;
    },
  } satisfies Partial<ControlHandlers>;
}

function scaleSetHandlers({ scaleSets, service, callers }: World) {
  const views = () => [...scaleSets.all.values()].map((set) => scaleSets.view(set));
  return {
    "list-scale-sets": views,
    "wait-for-scale-set": ({ name, assigned = 0 }, signal) =>
      service.changes.until(
        () =>
          views().find(
            (view) =>
              view.name === name && view.owner !== undefined && view.statistics.totalAssignedJobs >= assigned,
          ),
        signal,
      ),
    "add-message-faults": (faults) => {
      scaleSets.addFaults(faults);
      return null;
    },
    "set-scale-sets": (knobs) => {
      Object.assign(scaleSets.knobs, knobs);
      scaleSets.offer();
      return null;
    },
    "set-runner-group": (rule) => {
      service.groups.set(rule);
      scaleSets.offer();
      return null;
    },
    "drop-scale-set": ({ name }) => {
      for (const set of scaleSets.all.values()) if (set.name === name) scaleSets.delete(set);
      return null;
    },
    "revoke-admin-tokens": () => {
      callers.runnerTokens.revokeAdmins();
      return null;
    },
  } satisfies Partial<ControlHandlers>;
}

function serverHandlers(world: World, api: APIServer) {
  const done = (act: () => void) => {
    act();
    return null;
  };
  return {
    "add-fault": (fault) =>
      done(() => {
        api.faults.add(fault, world.service.runners.values());
      }),
    "clear-faults": () =>
      done(() => {
        api.faults.clear();
      }),
    "set-checksum": (knob) =>
      done(() => {
        world.archives.checksum = knob;
      }),
    "set-rate-limit": ({ limit }) =>
      done(() => {
        world.rateLimits.reset(limit);
      }),
    "add-token": (token) =>
      done(() => {
        world.callers.addToken(token);
      }),
    "revoke-token": ({ token }) =>
      done(() => {
        world.callers.revokeToken(token);
      }),
    "add-app": (app) =>
      done(() => {
        world.callers.addApp(app);
      }),
    "set-app-tokens": ({ lifeMs }) =>
      done(() => {
        world.callers.installationTokenMs = lifeMs;
      }),
    "revoke-app-tokens": () =>
      done(() => {
        world.callers.revokeInstallationTokens();
      }),
    "hide-scope": ({ scope }) =>
      done(() => {
        api.hidden.add(scope.toLowerCase() as Scope);
      }),
    "rename-repository": ({ from, to }) =>
      done(() => {
        api.renamed.add(from, to);
        world.service.rename(from, to);
      }),
    "set-repository": ({ repository, settings }) =>
      done(() => {
        world.repositories.set(repository, settings);
      }),
    requests: () => api.requests,
    violations: () => api.violations,
    reset: () =>
      done(() => {
        world.service.reset();
        world.scaleSets.reset();
        api.reset();
        world.rateLimits.reset();
        world.archives.checksum = "right";
        world.repositories.reset();
        world.callers.reset();
      }),
  } satisfies Partial<ControlHandlers>;
}

function holds({ idle, besides, registered }: RunnerCondition, runners: readonly RunnerView[]): boolean {
  const idleNow = runners.filter(
    ({ name, status, jobId }) => status === "online" && jobId === undefined && name !== besides,
  ).length;
  return idleNow >= (idle ?? 0) && runners.length === (registered ?? runners.length);
}

function jobOf(service: ActionsService, id: number): JobRecord {
  const job = service.jobs.get(id);
  if (!job) throw new Error(`There is no job ${id}.`);
  return job;
}

import { encodeJITConfig } from "../runner-protocol/jit-config.ts";
import type { RunnerRecord } from "../state/runner-record.ts";
import { viewRunner } from "../state/runner-record.ts";
import { paginate } from "../http/pagination.ts";
import { failure } from "./route.ts";
import type { Answer, Call, Route } from "./route.ts";
import { groupsOf } from "./runner-group-routes.ts";
import { runnerPrefixes } from "./scoped-prefixes.ts";

/** Runners of repositories, organisations and enterprises. */
export const runnerRoutes: readonly Route[] = runnerPrefixes.flatMap(
  ({ prefix, description, permission }) => {
    const runners = `${prefix}/actions/runners`;
    const shared = { description, permission };
    return [
      { ...shared, name: "list-runners", method: "GET", template: runners, handle: listRunners },
      { ...shared, name: "get-runner", method: "GET", template: `${runners}/{runner_id}`, handle: getRunner },
      {
        ...shared,
        name: "delete-runner",
        method: "DELETE",
        template: `${runners}/{runner_id}`,
        handle: deleteRunner,
      },
      {
        ...shared,
        name: "generate-jitconfig",
        method: "POST",
        template: `${runners}/generate-jitconfig`,
        handle: generateJITConfig,
      },
      {
        ...shared,
        name: "list-runner-labels",
        method: "GET",
        template: `${runners}/{runner_id}/labels`,
        handle: listLabels,
      },
    ] satisfies Route[];
  },
);

async function listRunners(call: Call): Promise<Answer> {
  const { world, scope, query } = call;
  const name = query.get("name");
  const all = call.listView
    .of(world.service.runners.values(), Number(query.get("page") ?? 1))
    .filter((runner) => runner.scope === scope && (name === null || runner.name === name));
  const { page, headers } = paginate(all, call);
  const runners = call.listView.page(page);
  await world.instants.emit("after-list", { runners: runners.map(viewRunner) });
  return { status: 200, body: { total_count: all.length, runners: runners.map(describe) }, headers };
}

function getRunner(call: Call): Answer {
  const runner = findRunner(call);
  return runner ? { status: 200, body: describe(runner) } : failure(404, "Not Found");
}

async function deleteRunner(call: Call): Promise<Answer> {
  const { service, instants } = call.world;
  const runner = findRunner(call);
  if (!runner) return failure(404, "Not Found");
  await instants.emit("before-delete", viewRunner(runner));
  if (service.remove(runner) === "busy") {
    const message = `Bad request - Runner "${runner.name}" is still running a job`;
    return failure(422, message);
  }
  await instants.emit("after-delete", viewRunner(runner));
  return { status: 204 };
}

async function generateJITConfig(call: Call): Promise<Answer> {
  const { service, instants } = call.world;
  // The description has been checked.
  const request = call.body as {
    readonly name: string;
    readonly runner_group_id: number;
    readonly labels: readonly string[];
    readonly work_folder?: string;
  };
  if (!groupsOf(call.scope).some(({ id }) => id === request.runner_group_id))
    return failure(404, "Not Found");
  const runner = service.register({
    scope: call.scope,
    name: request.name,
    groupId: request.runner_group_id,
    labels: request.labels,
    ephemeral: true,
    workFolder: request.work_folder ?? "_work",
  });
  if (!runner) return failure(409, `Already exists - A runner with the name ${request.name} already exists.`);
  await instants.emit("after-register", viewRunner(runner));
  const body = { runner: describe(runner), encoded_jit_config: encodeJITConfig(runner, call.origin) };
  return { status: 201, body };
}

function listLabels(call: Call): Answer {
  const runner = findRunner(call);
  if (!runner) return failure(404, "Not Found");
  const { labels } = describe(runner);
  return { status: 200, body: { total_count: labels.length, labels } };
}

function findRunner({ world, parameters, scope }: Call): RunnerRecord | undefined {
  const runner = world.service.runners.get(Number(parameters["runner_id"]));
  return runner?.scope === scope ? runner : undefined;
}

/** GitHub's schema `runner`. */
function describe(runner: RunnerRecord) {
  const { id, groupId, name, os, status, busy, ephemeral, version } = runner;
  const labels = runner.labels.map((label, index) => ({ id: id * 100 + index, name: label, type: "custom" }));
  return { id, runner_group_id: groupId, name, os, status, busy, labels, ephemeral, version };
}

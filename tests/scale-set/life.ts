import { ScaleSetClient, ScaleSetRefusedError } from "scale-set-client";
import type { GithubStandIn } from "../support/github/github-stand-in.ts";
import { STANDARD_TOKEN } from "../support/github/http/callers.ts";

/** How the stand-in plays its part in one life of a scale set: one job is queued, the session's token ends, the job ends. */
export function playGithub(standIn: GithubStandIn, signal: AbortSignal): void {
  standIn.scaleSets.knobs.offersJobs = true;
  const job = standIn.service.queue({ repository: "octo/hello", labels: ["contract", "linux"] });
  standIn.instants.on("after-register", () => {
    standIn.scaleSets.addFaults(["token-expires"]);
  });
  const refreshed = () =>
    standIn.requests.some(({ method, path }) => method === "PATCH" && path.includes("/sessions/"));
  const isPolling = () =>
    [...standIn.scaleSets.all.values()].some(({ session }) => (session?.openPolls ?? 0) > 0);
  standIn.service.changes
    .until(() => (refreshed() && isPolling() ? true : undefined), signal)
    .then(() => {
      standIn.service.cancel(job);
    })
    .catch(() => undefined);
}

/** One life of a scale set, as GitHub's own client and its listener live it (`go-listener/main.go`). */
export async function liveOnce(
  url: string,
  signal: AbortSignal,
): Promise<{ readonly runnerId: number; readonly result: string }> {
  const system = { system: "contract", version: "1", commitSha: "abc", subsystem: "test" };
  const client = new ScaleSetClient({ url, token: () => Promise.resolve(STANDARD_TOKEN), system });
  try {
    const group = await client.findRunnerGroup("default", signal);
    if (!group) throw new Error("There is no group.");
    const before = await client.findScaleSet(group.id, "contract", signal);
    if (before) throw new Error("The scale set is there before it is made.");
    const settings = {
      name: "contract",
      runnerGroupId: group.id,
      labels: ["contract", "linux"],
      disableUpdate: true,
    };
    const { id } = await client.createScaleSet(settings, signal);
    await client.updateScaleSet(id, settings, signal);
    await client.getScaleSet(id, signal);
    return await listen(client, id, signal);
  } finally {
    await client.close();
  }
}

async function listen(client: ScaleSetClient, id: number, signal: AbortSignal) {
  const session = await client.openSession(id, "contract-owner", signal);
  await client.openSession(id, "another", signal).then(
    () => {
      throw new Error("A second session was opened.");
    },
    (thrown: unknown) => {
      if (!(thrown instanceof ScaleSetRefusedError) || !thrown.is("RunnerScaleSetSessionConflictException"))
        throw thrown;
    },
  );
  let lastMessageId = 0;
  let runnerId: number | undefined;
  let result = "";
  for (;;) {
    const message = await session.poll({ lastMessageId, capacity: 4 }, signal);
    if (!message) continue;
    lastMessageId = message.id;
    await session.acknowledge(message.id, signal);
    const offered = message.jobs.flatMap((job) =>
      job.type === "JobAvailable" ? (job.runnerRequestId ?? []) : [],
    );
    await session.acquireJobs(offered, signal);
    for (const job of message.jobs) if (job.type === "JobCompleted") result = job.result ?? "";
    const wanted = message.statistics?.totalAssignedJobs ?? 0;
    if (wanted === 1 && runnerId === undefined) {
      const { runner } = await client.createRunner(id, { name: "contract-0" }, signal);
      runnerId = runner.id;
      await client.getRunner(runnerId, signal);
      await client.findRunner("contract-0", signal);
    } else if (wanted === 0 && runnerId !== undefined) {
      await client.deleteRunner(runnerId, signal);
      await client.deleteRunner(runnerId, signal);
      break;
    }
  }
  await session.close(signal);
  await client.deleteScaleSet(id, signal);
  return { runnerId, result };
}

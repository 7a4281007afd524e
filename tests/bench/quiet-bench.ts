import { STANDARD_TOKEN } from "../support/github/http/callers.ts";
import { join } from "node:path";
import { findSocket } from "lxd-client";
import { existsSync } from "node:fs";
import { REPOSITORY, type Rig } from "../support/rig/rig.ts";
import { ServiceProcess } from "../support/rig/service-process.ts";
import { until } from "../support/rig/until.ts";
import type { Bench } from "./bench.ts";
import { LifecycleRecord } from "./lifecycle-record.ts";
import { median } from "./median.ts";
import { PLAIN_LISTS } from "./plain-lists.ts";
import { milliseconds, ratio } from "./table.ts";
import { timeInUnit } from "./time-in-unit.ts";

const RUNNERS = 12;
const ROUNDS = 10;

/** A reconcile that finds everything as it should be. */
export const quietBench: Bench = {
  name: "quiet",
  run: async ({ rig, repeat, progress, signal }) => {
    progress(`Bringing ${RUNNERS} runners up`);
    await rig.configure({ "virtual-machines": String(RUNNERS) }, signal);
    await rig.github.call("wait-for-runners", { idle: RUNNERS, registered: RUNNERS }, signal);
    const rounds = Math.max(ROUNDS, repeat);
    const record = await LifecycleRecord.open(rig.lxd.client, signal);
    const series = await timeInUnit(rig, { commands: commandsOf(rig), rounds }, signal);
    const execs = await execsSoFar(rig, record, signal);
    const beside = await besideService(rig, rounds, signal);
    await rig.configure({ "virtual-machines": "0" }, signal);
    const base = median(series.lists);
    const rows = Object.entries(series).map(([name, values]) => {
      const took = median(values);
      return [LABELS[name as keyof typeof series], milliseconds(took), ratio(took, base)];
    });
    const taken = median(beside.reconcile);
    rows.push([
      `${LABELS.reconcile}, beside a healthy runner service`,
      milliseconds(taken),
      ratio(taken, median(beside.lists)),
    ]);
    return [
      {
        title: `A reconcile of ${RUNNERS} healthy runners`,
        columns: ["", "median", "times the lists"],
        rows,
        notes: [`Commands run in instances during ${rounds + 1} reconciles: ${execs}.`],
      },
    ];
  },
};

const LABELS = {
  lists: "one list of LXD and one of GitHub, by a plain script",
  reconcile: "dispatch of reconcile-runners",
} as const;

/** Most of a dispatch is loading: a service has it loaded, and does the round for the timer. */
async function besideService(rig: Rig, rounds: number, signal: AbortSignal) {
  const service = new ServiceProcess(rig);
  service.start();
  try {
    const isQuiet = async () => (await service.status(signal))?.activity.state === "waiting";
    await until("a quiet service", isQuiet, signal);
    return await timeInUnit(rig, { commands: commandsOf(rig), rounds }, signal);
  } finally {
    await service.kill("SIGTERM");
  }
}

function commandsOf(rig: Rig) {
  const charm = rig.paths.charm(rig.unit);
  const socket = findSocket(process.env, existsSync)?.path ?? "";
  const url = `${rig.config["github-url"] ?? ""}/api/v3/repos/${REPOSITORY}/actions/runners?per_page=100`;
  return {
    lists: {
      file: join(charm, "runtime/bin/node"),
      argv: ["-e", PLAIN_LISTS, socket, url, STANDARD_TOKEN],
    },
    reconcile: {
      file: join(charm, "dispatch"),
      environment: { JUJU_DISPATCH_PATH: "hooks/reconcile-runners" },
    },
  };
}

/** An exec of our own shows that the record is complete: it comes after all others, and is not counted. */
async function execsSoFar(rig: Rig, record: LifecycleRecord, signal: AbortSignal): Promise<number> {
  const [name = ""] = await rig.machines(signal);
  await rig.lxd.client.exec.run(name, { command: ["true"] }, signal);
  const own = (entry: { action: string; name: string }) =>
    entry.action === "instance-exec" && entry.name === name;
  await record.until(own, signal);
  record.close();
  const slug = `${rig.slug}-`;
  return (
    record.entries.filter(({ action, name }) => action === "instance-exec" && name.startsWith(slug)).length -
    1
  );
}

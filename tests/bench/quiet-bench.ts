import { STANDARD_TOKEN } from "../support/github/http/callers.ts";
import { join } from "node:path";
import { findSocket } from "lxd-client";
import { existsSync } from "node:fs";
import { awaitRound } from "../../src/unit/ask-service.ts";
import { REPOSITORY, type Rig } from "../support/rig/rig.ts";
import { ServiceProcess } from "../support/rig/service-process.ts";
import { until } from "../support/rig/until.ts";
import type { Bench } from "./bench.ts";
import { LifecycleRecord } from "./lifecycle-record.ts";
import { interleave } from "./interleave.ts";
import { median } from "./median.ts";
import { PLAIN_LISTS } from "./plain-lists.ts";
import { PlainReader } from "./plain-reader.ts";
import { milliseconds, ratio } from "./table.ts";
import { timeInUnit } from "./time-in-unit.ts";

const RUNNERS = 12;
const ROUNDS = 10;
const TIMED_ROUNDS = 40;
/** Reasons to look that come within this time are one: it is no work. */
const TOGETHER_MS = 50;

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
    const taken = median(beside.dispatches.reconcile);
    rows.push([
      `${LABELS.reconcile}, beside a healthy runner service`,
      milliseconds(taken),
      ratio(taken, median(beside.dispatches.lists)),
    ]);
    const { quick, whole, lists } = beside.rounds;
    return [
      {
        title: `A round of the runner service that finds ${RUNNERS} healthy runners`,
        columns: ["", "median", "times the lists"],
        rows: (
          [
            ["one list of LXD and one of GitHub, by a plain process that stays", lists],
            ["a round of the runners alone, as after the end of one", quick],
            ["a whole round: pool, bridge, profiles and firewall too", whole],
          ] as const
        ).map(([label, times]) => [label, milliseconds(median(times)), ratio(median(times), median(lists))]),
        notes: [`Without the ${TOGETHER_MS} ms in which reasons to look are collected.`],
      },
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

/** In turns: all meet the same LXD and the same load. */
async function timeRounds(rig: Rig, signal: AbortSignal) {
  const path = join(rig.dataDirectory, "service.sock");
  const reader = new PlainReader({
    socketPath: findSocket(process.env, existsSync)?.path ?? "",
    url: listOfGithub(rig),
    token: STANDARD_TOKEN,
  });
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const started = performance.now();
    await work();
    return performance.now() - started;
  };
  const round = async (kind: "whole" | "runners") => {
    if (!(await awaitRound(path, signal, { kind }))) throw new Error("The runner service has done no round");
  };
  try {
    return await interleave(
      {
        lists: () => timed(() => reader.read()),
        quick: async () => (await timed(() => round("runners"))) - TOGETHER_MS,
        whole: async () => (await timed(() => round("whole"))) - TOGETHER_MS,
      },
      TIMED_ROUNDS,
    );
  } finally {
    reader.close();
  }
}

/** Most of a dispatch is loading: a service has it loaded, and does the round for the timer. */
async function besideService(rig: Rig, rounds: number, signal: AbortSignal) {
  const service = new ServiceProcess(rig);
  service.start();
  try {
    const isQuiet = async () => (await service.status(signal))?.activity.state === "waiting";
    await until("a quiet service", isQuiet, signal);
    return {
      dispatches: await timeInUnit(rig, { commands: commandsOf(rig), rounds }, signal),
      rounds: await timeRounds(rig, signal),
    };
  } finally {
    await service.kill("SIGTERM");
  }
}

function commandsOf(rig: Rig) {
  const charm = rig.paths.charm(rig.unit);
  const socket = findSocket(process.env, existsSync)?.path ?? "";
  const url = listOfGithub(rig);
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

function listOfGithub(rig: Rig): string {
  return `${rig.config["github-url"] ?? ""}/api/v3/repos/${REPOSITORY}/actions/runners?per_page=100`;
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

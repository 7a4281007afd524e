import type { LoggedRequest } from "../support/github/http/request-log.ts";
import type { Rig } from "../support/rig/rig.ts";
import type { AgentMarks } from "./agent-marks.ts";
import { LifecycleRecord, type LifecycleEntry } from "./lifecycle-record.ts";
import { phasesOf, type Mark, type Phase } from "./timeline.ts";

/** One time from no runner to all. */
export interface ScaleUpRun {
  /** Milliseconds from the change until GitHub sees all of them idle. */
  readonly onlineMs: number;
  /** Milliseconds from the change until the agent has nothing left to do. */
  readonly settledMs: number;
  readonly phases: readonly Phase[];
}

const LABELS = [
  "dispatch started",
  "status shown",
  "GitHub: list",
  "GitHub: registration",
  "LXD: cloned",
  "LXD: started",
  "LXD: payload delivered",
  "LXD: noted",
  "log line delivered",
  "dispatch ended",
] as const;

type Label = (typeof LABELS)[number];

const LIFECYCLE: Readonly<Record<string, Label>> = {
  "instance-created": "LXD: cloned",
  "instance-started": "LXD: started",
  "instance-exec": "LXD: payload delivered",
  "instance-updated": "LXD: noted",
};

/** Takes a deployed unit from no runner to some and back, and notes what happened when. */
export class ScaleUp {
  readonly #rig: Rig;
  readonly #agent: AgentMarks;

  constructor(rig: Rig, agent: AgentMarks) {
    this.#rig = rig;
    this.#agent = agent;
  }

  async run(count: number, signal: AbortSignal): Promise<ScaleUpRun> {
    const rig = this.#rig;
    const record = await LifecycleRecord.open(rig.lxd.client, signal);
    const seen = this.#agent.all.length;
    const [start, startedAt] = [performance.now(), performance.timeOrigin + performance.now()];
    const settled = rig
      .configure({ "virtual-machines": String(count) }, signal)
      .then(() => performance.now() - start);
    await rig.github.call("wait-for-runners", { idle: count, registered: count }, signal);
    const onlineMs = performance.now() - start;
    const settledMs = await settled;
    record.close();
    const marks = [
      ...this.#agent.all.slice(seen),
      ...(await this.#requests(startedAt, signal)),
      ...record.entries.flatMap((entry) => this.#lifecycle(entry)),
    ];
    await rig.configure({ "virtual-machines": "0" }, signal);
    await rig.github.call("wait-for-runners", { registered: 0 }, signal);
    return { onlineMs, settledMs, phases: phasesOf(LABELS, marks, startedAt) };
  }

  async #requests(since: number, signal: AbortSignal): Promise<readonly Mark[]> {
    const requests = await this.#rig.github.call("requests", null, signal);
    return requests.filter(({ at }) => at >= since - 1).flatMap((request) => toMark(request));
  }

  #lifecycle({ action, name, at }: LifecycleEntry): readonly Mark[] {
    const what = LIFECYCLE[action];
    return what !== undefined && name.startsWith(`${this.#rig.slug}-`) ? [{ what, at }] : [];
  }
}

function toMark({ method, path, at }: LoggedRequest): readonly Mark[] {
  if (method === "GET" && path.includes("/actions/runners?")) return [{ what: "GitHub: list", at }];
  if (method === "POST" && path.endsWith("generate-jitconfig")) return [{ what: "GitHub: registration", at }];
  return [];
}

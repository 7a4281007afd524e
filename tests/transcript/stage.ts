import { stringify } from "yaml";
import type { JsonObject } from "juju-charm";
import { patience } from "../support/rig/end-to-end.ts";
import type { JobView } from "../support/github/state/job-record.ts";
import type { Rig } from "../support/rig/rig.ts";
import { foldStatuses, inOneOrder, plainWords, sortedNames, type Cast } from "./plain-words.ts";

/** What a change did to the runners that were there. */
export interface Fate {
  readonly idle: string;
  readonly busy: string;
}

const LIMIT_MS = 300_000;

/** A deployed unit with one idle and one busy runner, and what a person sees of it. */
export class Stage {
  readonly rig: Rig;
  #job: JobView | undefined;
  #seen = 0;
  #idle: readonly string[] = [];

  constructor(rig: Rig) {
    this.rig = rig;
  }

  get #cast(): Cast {
    const { slug, config } = this.rig;
    const githubUrl = config["github-url"] ?? "";
    return { slug, idle: this.#idle, busy: this.#job?.runnerName, githubUrl };
  }

  /** Ends the job of {@link set}. */
  async clear(): Promise<void> {
    if (!this.#job) return;
    await this.rig.release(this.#job, patience()).catch(() => undefined);
    await this.rig.github.call("cancel-job", { id: this.#job.id }, patience()).catch(() => undefined);
    await this.rig.gone(this.#job.runnerName ?? "", patience()).catch(() => undefined);
    this.#job = undefined;
  }

  /** Makes one runner idle and one busy, whatever there is. */
  async set(): Promise<void> {
    await this.clear();
    await this.rig.reconcile(patience(LIMIT_MS));
    await this.rig.github.call("wait-for-runners", { idle: 2 }, patience());
    this.#job = await this.rig.occupy(patience());
    await this.rig.reconcile(patience(LIMIT_MS));
    const busy = this.#job.runnerName;
    this.#idle = (await this.rig.machines(patience())).filter((name) => name !== busy);
    this.statuses();
  }

  /** Statuses since the last call, in plain words. */
  statuses(): readonly string[] {
    const fresh = this.rig.statuses.slice(this.#seen);
    this.#seen = this.rig.statuses.length;
    return foldStatuses(fresh.map((status) => plainWords(status, this.#cast).replace(/: $/, "")));
  }

  /** What became of the runners that {@link set} has left. */
  async fate(): Promise<Fate> {
    const machines = await this.rig.machines(patience());
    const lives = this.#idle.some((name) => machines.includes(name));
    const fresh = machines.filter((name) => name !== this.#job?.runnerName && !this.#idle.includes(name));
    const busy = machines.includes(this.#job?.runnerName ?? "") ? "continues" : "ended";
    if (lives) return { idle: fresh.length > 0 ? "stays, one is added" : "stays", busy };
    return { idle: fresh.length > 0 ? "replaced" : "removed", busy };
  }

  /** Runs an action and shows what `juju run` would. */
  async act(action: string, parameters: JsonObject): Promise<string> {
    const ended = await this.rig.agent.runAction(
      { unit: this.rig.unit, action, parameters },
      patience(LIMIT_MS),
    );
    const log = ended.log.map((line) => line.replace(/^\S*\d\d:\d\d:\d\d\S* /, ""));
    const results = Object.entries(ended.results)
      .filter(([key]) => key !== "return-code")
      .map(([key, value]) => [key, this.#plainResult(key, value)] as const);
    const said = inOneOrder(foldStatuses(log.map((line) => plainWords(line, this.#cast))));
    const lines = said.map((line) => `| ${line}`);
    const failed = ended.status === "completed" ? [] : [`Action failed: ${ended.message}`];
    const shown =
      results.length > 0 ? stringify(Object.fromEntries(results), { lineWidth: 0 }).trimEnd() : [];
    const failures = failed.map((line) => sortedNames(plainWords(line, this.#cast)));
    return [...lines, ...failures, shown].flat().join("\n");
  }

  #plainResult(key: string, value: unknown): string {
    const text = plainWords(typeof value === "string" ? value : JSON.stringify(value), this.#cast);
    if (key === "seconds" || key === "oldest-seconds") return "<seconds>";
    return sortedNames(text);
  }
}

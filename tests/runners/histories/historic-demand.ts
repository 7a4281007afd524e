import { silentLogger, type Clock } from "charm-kit";
import { DemandListener } from "../../../src/service/demand-listener.ts";
import { demandFor, withFormer, withTrials, type HeardDemand } from "../../../src/unit/demand.ts";
import { faultAfter, isDue, servedJobs, type FormerFault } from "../../../src/unit/former-faults.ts";
import type { Demand, FormerScopeDemand } from "../../../src/runners/plan.ts";
import { options } from "../fake-process.ts";
import { FakeScaleSet, type ScaleSetCaller } from "../fake-scale-set.ts";
import type { FakeSite } from "../fake-site.ts";
import type { DemandCommand } from "./command.ts";

const MINUTE_MS = 60_000;
/** GitHub cancels a job that has waited for a day. */
export const LONGEST_WAIT_MS = 24 * 60 * MINUTE_MS;
/** Of a long time, the last minutes decide. */
const MOST_STEPS = 20;

/** What the service listens for. */
interface Listened {
  readonly scope: string;
  readonly capacity: number;
}

interface Listening extends Listened {
  readonly listener: DemandListener;
  /** Ends it with a word to GitHub, or without. */
  readonly end: (isKilled: boolean) => Promise<void>;
}

/** The demand of one unit: GitHub's scale sets, one in each scope, and the listener of the unit's service. */
export class HistoricDemand {
  readonly #site: FakeSite;
  readonly #sets = new Map<string, FakeScaleSet>();
  /** Scopes in which the unit has a scale set, and since when it has another one; undefined for the present one. */
  readonly #known = new Map<string, number | undefined>();
  #heard: HeardDemand | null = null;
  #listening: Listening | undefined;
  /** Whether nobody starts the service again. */
  #isStopped = false;

  constructor(site: FakeSite) {
    this.#site = site;
    site.onJob = (scope, what) => {
      const set = this.setOf(scope);
      if (what === "taken") set.take();
      else set.waiting += 1;
    };
  }

  setOf(scope: string): FakeScaleSet {
    const set = this.#sets.get(scope) ?? new FakeScaleSet(this.#site, scope);
    this.#sets.set(scope, set);
    return set;
  }

  get listener(): DemandListener | undefined {
    return this.#listening?.listener;
  }

  get assigned(): number | undefined {
    return this.#heard?.assigned;
  }

  /** What a process reads when it has the lock. */
  demandFor(scope: string, idle: number, room: number): Demand | undefined {
    const scaling = { idle, scaleSetName: "" };
    const demand = demandFor(scaling, this.#heard, { key: scope, now: this.#site.now });
    const { untried, ...former } = this.#readFormer(scope);
    const all = withFormer(demand, former);
    return all && withTrials(all, untried, room);
  }

  /** Whether the unit has a scale set in a scope. */
  knows(scope: string): boolean {
    return this.#known.has(scope);
  }

  /** Scale sets of former scopes that have not been given up. */
  formerOf(present: string): readonly FakeScaleSet[] {
    return [...this.#known.keys()].filter((scope) => scope !== present).map((scope) => this.setOf(scope));
  }

  /** Those without jobs are deleted; so are those that cannot be asked, once none of their jobs can wait any more. */
  #readFormer(
    present: string,
  ): Pick<Demand, "assigned" | "former" | "running"> & { readonly untried: string[] } {
    const site = this.#site;
    const former: FormerScopeDemand[] = [];
    const untried: string[] = [];
    let [assigned, running] = [0, 0];
    for (const [scope, leftAt] of [...this.#known]) {
      if (scope === present) continue;
      const isOver = leftAt !== undefined && site.now >= leftAt + LONGEST_WAIT_MS;
      const isSilent = site.refusing.has(scope) || site.silent.has(scope);
      const { figures } = this.setOf(scope);
      const hasJobs = isOver ? figures.running > 0 : figures.assigned > 0;
      const isForgotten = !site.recorded.has(scope) || (isSilent ? isOver : !hasJobs);
      if (isForgotten) this.#forget(scope);
      if (isForgotten || isSilent) continue;
      const registered = site.registeredAt(scope).filter(({ name }) => options.names.owns(name)).length;
      const missing = Math.max(0, figures.assigned - registered);
      const fault = this.#faultOf(scope, missing > 0);
      const served = servedJobs({ ...figures, missing }, fault !== undefined);
      if (fault?.at === "start" && missing > 0 && isDue(fault, site.now)) untried.push(scope);
      assigned += served.assigned;
      running += served.running;
      former.push({
        scopeKey: scope,
        waiting: served.assigned - served.running,
        missing: served.missing,
        isFaulty: fault !== undefined,
      });
    }
    for (const scope of site.recorded.keys())
      if (scope !== present && !this.#known.has(scope))
        former.push({ scopeKey: scope, waiting: 0, missing: 0 });
    return { assigned, running, former, untried };
  }

  /** A scope that has registered no runner is asked again for the registration of one. */
  #faultOf(scope: string, isWanted: boolean): FormerFault | undefined {
    const { barred, faults, now } = this.#site;
    const fault = faults.get(scope);
    if (!isWanted || fault?.at !== "registration" || !isDue(fault, now)) return fault;
    const after = barred.has(scope) ? faultAfter(fault, fault, now) : undefined;
    if (after) faults.set(scope, after);
    else faults.delete(scope);
    return after;
  }

  /** Jobs of a deleted scale set wait for another one. */
  #forget(scope: string): void {
    this.#known.delete(scope);
    this.setOf(scope).unassign();
  }

  /** The service applies new settings, or was started again: it listens to what it should. */
  async follow(wanted: Listened | undefined): Promise<void> {
    const { capacity, scope } = this.#listening ?? {};
    const isSame = wanted?.scope === scope && wanted?.capacity === capacity;
    if (!isSame) await this.#end(false);
    if (wanted) this.#present(wanted.scope);
    if (wanted && !this.#isStopped) this.#listening ??= this.#listen(wanted);
    await this.flow();
  }

  #present(scope: string): void {
    for (const [other, leftAt] of this.#known)
      if (other !== scope) this.#known.set(other, leftAt ?? this.#site.now);
    this.#known.set(scope, undefined);
  }

  kill(): Promise<void> {
    return this.#end(true);
  }

  /** Something happens to the scale set of a scope, or to the service. */
  async disturb(command: DemandCommand, scope: string): Promise<void> {
    const set = this.setOf(scope);
    switch (command.do) {
      case "queue":
        set.queued += command.jobs;
        break;
      case "cancel":
        set.cancel(command.jobs);
        break;
      case "fail-messages":
        if (command.fault === "session-lost" || command.fault === "session-taken") set.lose(command.fault);
        else set.faults.push(command.fault);
        break;
      case "miscount":
        set.phantom = command.phantom ?? set.phantom;
        set.hidden = command.hidden ?? set.hidden;
        break;
      case "service":
        this.#isStopped = command.what === "stop";
        if (command.what !== "start") await this.#end(command.what === "kill");
    }
  }

  /** Time passes, in steps of a minute. */
  async pass(ms: number): Promise<void> {
    const steps = Math.min(MOST_STEPS, Math.ceil(ms / MINUTE_MS));
    this.#site.pass(ms - (steps - 1) * MINUTE_MS);
    await this.flow();
    for (let step = 1; step < steps; step += 1) {
      this.#site.pass(MINUTE_MS);
      await this.flow();
    }
  }

  /** GitHub tells what there is to tell, and the service hears it. */
  async flow(): Promise<void> {
    if (this.#sets.size === 0) return;
    this.notice();
    // All answers are there once nothing but time can go on.
    for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
  }

  notice(): void {
    for (const set of this.#sets.values()) set.notice();
  }

  /** All of GitHub's faults end. */
  recover(): void {
    for (const set of this.#sets.values()) set.recover();
    this.#isStopped = false;
  }

  #listen(wanted: Listened): Listening {
    const caller: { isKilled: boolean } & ScaleSetCaller = { isKilled: false };
    const ended = new AbortController();
    const listener = new DemandListener({
      source: this.setOf(wanted.scope).source(caller),
      key: wanted.scope,
      capacity: () => wanted.capacity,
      record: {
        read: () => Promise.resolve(this.#heard),
        write: (heard) => {
          if (!caller.isKilled) this.#heard = heard;
          return Promise.resolve();
        },
      },
      onChange: () => undefined,
      clock: this.#clock(),
      log: silentLogger,
      random: () => 0.5,
    });
    const running = listener.run(ended.signal).catch(() => undefined);
    const end = async (isKilled: boolean) => {
      caller.isKilled = isKilled;
      ended.abort(new Error("the service ends"));
      if (!isKilled) await running;
    };
    return { ...wanted, listener, end };
  }

  async #end(isKilled: boolean): Promise<void> {
    const listening = this.#listening;
    this.#listening = undefined;
    await listening?.end(isKilled);
  }

  #clock(): Clock {
    return {
      now: () => this.#site.now,
      wait: (delayMs, signal) =>
        new Promise((resolve, reject) => {
          const abort = () => {
            reject(signal.reason as Error);
          };
          if (signal.aborted) abort();
          signal.addEventListener("abort", abort, { once: true });
          this.#site.after(delayMs, () => {
            signal.removeEventListener("abort", abort);
            resolve();
          });
        }),
    };
  }
}

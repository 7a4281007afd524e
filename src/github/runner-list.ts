import type { Registration } from "../runners/ports.ts";
import { messageOf, type Logger } from "charm-kit";
import { UnavailableError } from "./errors.ts";
import type { CachedPage, EtagStore } from "./etag-store.ts";
import type { GithubApi } from "./github-api.ts";
import { readCachedPage, readRunnerPage } from "./shapes.ts";

/** GitHub's maximum. */
const PER_PAGE = 100;
/** Ten times the maximum of a runner group, against a server that sends pages without end. */
const MOST_PAGES = 1000;
/** Most names in a log line. */
const MOST_NAMES = 5;
/** Maximum number of readings of a list that changes during the reading. */
const MOST_READINGS = 3;

type Page = Omit<CachedPage, "etag">;

/** One reading of all pages. */
interface Reading {
  readonly runners: ReadonlyMap<string, Registration>;
  /** Number of entries without a name. */
  readonly nameless: number;
  /** `total_count` of the last page. */
  readonly total: number;
  /** Whether all pages had the same `total_count`. */
  readonly steady: boolean;
}

/**
 * Reads all pages of a scope's runners, with conditional requests.
 *
 * Octokit's `paginate` is not used: it treats a 409 as the end of the list, and runners that are missing in a list look
 * like lost runners. For the same reason, a list that changes during the reading is read again. Pages are numbered: when a
 * runner of page 1 is deleted after page 1 was read, a runner of page 2 moves to page 1 and is missed. Then `total_count`
 * changes between the pages, or differs from the number of runners.
 */
export class RunnerList {
  readonly #api: GithubApi;
  readonly #store: EtagStore | undefined;
  readonly #log: Logger;
  readonly #pages = new Map<string, CachedPage>();

  constructor(api: GithubApi, store: EtagStore | undefined, log: Logger) {
    this.#api = api;
    this.#store = store;
    this.#log = log;
  }

  /**
   * All runners, each once.
   *
   * A list that changes during the reading is read up to three times, and the result is the union of the readings: a
   * runner too many is found to be gone when it is deleted, a runner too few would be replaced while it works.
   *
   * @throws `UnavailableError` when the list keeps changing and has fewer runners than GitHub counts.
   */
  async read(signal: AbortSignal): Promise<readonly Registration[]> {
    const action = `list the runners of '${this.#api.path}'`;
    const seen = new Map<string, Registration>();
    let last: Reading | undefined;
    for (let readings = 0; readings < MOST_READINGS; readings += 1) {
      const reading = await this.#walk(action, {}, signal);
      for (const [key, runner] of reading.runners) seen.set(key, runner);
      if (reading.steady && sizeOf(reading) === reading.total) return this.#whole(seen, reading);
      const isSettled = last !== undefined && isSame(last, reading);
      last = reading;
      if (isSettled) break;
    }
    if (last && seen.size + last.nameless < last.total) {
      throw new UnavailableError(
        action,
        `GitHub counts ${last.total} runners and lists ${seen.size + last.nameless}; a list that is not whole is not used`,
      );
    }
    return this.#whole(seen, last);
  }

  /** The runner of this name, if it is registered. Never uses the cache. */
  async find(name: string, signal: AbortSignal): Promise<Registration | undefined> {
    const { runners } = await this.#walk(`look for runner '${name}'`, { name }, signal);
    // A server without this parameter lists all runners.
    return [...runners.values()].find((runner) => runner.name === name);
  }

  #whole(seen: ReadonlyMap<string, Registration>, reading: Reading | undefined): readonly Registration[] {
    const runners = [...seen.values()];
    const unreadable = runners.filter(({ isUnreadable }) => isUnreadable).map(({ name }) => name);
    const nameless = reading?.nameless ?? 0;
    if (unreadable.length > 0 || nameless > 0) {
      this.#log.warning("GitHub's list has runners that cannot be read", {
        runners: unreadable.slice(0, MOST_NAMES).join(", "),
        nameless,
      });
    }
    return runners;
  }

  async #walk(action: string, filter: { name?: string }, signal: AbortSignal): Promise<Reading> {
    const runners = new Map<string, Registration>();
    const totals = new Set<number>();
    let nameless = 0;
    for (let number = 1; number <= MOST_PAGES; number += 1) {
      const page = await this.#page(action, { ...filter, per_page: PER_PAGE, page: number }, signal);
      // A duplicate comes from a list that changed: the later entry is newer.
      for (const runner of page.runners) runners.set(keyOf(runner), runner);
      totals.add(page.total);
      nameless += page.nameless ?? 0;
      const isLast = !page.hasNext || page.runners.length === 0;
      if (isLast) return { runners, nameless, total: page.total, steady: totals.size === 1 };
    }
    throw new UnavailableError(action, `GitHub's list does not end after ${MOST_PAGES} pages`);
  }

  async #page(action: string, query: Record<string, string | number>, signal: AbortSignal): Promise<Page> {
    const key = this.#keyOf(query);
    const cached = "name" in query ? undefined : await this.#cached(key);
    const answer = await this.#api.send(
      {
        action,
        method: "GET",
        route: "/actions/runners",
        parameters: query,
        headers: cached ? { "if-none-match": cached.etag } : {},
      },
      signal,
    );
    if (answer.status === 304 && cached) return cached;
    const body = answer.status === 200 ? readRunnerPage(answer.body) : undefined;
    if (!body) throw this.#api.garbage(action, answer);
    const page = { ...body, hasNext: answer.hasNext };
    if (!("name" in query)) await this.#remember(key, page, answer.headers["etag"]);
    return page;
  }

  async #cached(key: string): Promise<CachedPage | undefined> {
    const known = this.#pages.get(key);
    if (known || !this.#store) return known;
    try {
      return readCachedPage(await this.#store.get(key));
    } catch (thrown) {
      this.#log.debug("Cannot read a cached page", { reason: messageOf(thrown) });
      return undefined;
    }
  }

  async #remember(key: string, page: Page, etag: unknown): Promise<void> {
    if (typeof etag !== "string") {
      this.#pages.delete(key);
      return;
    }
    const cached = { ...page, etag };
    this.#pages.set(key, cached);
    try {
      await this.#store?.put(key, cached);
    } catch (thrown) {
      this.#log.debug("Cannot cache a page", { reason: messageOf(thrown) });
    }
  }

  /** The address of a page, with the values of the template: scopes of one server must not share a key. */
  #keyOf(query: Record<string, string | number>): string {
    const { prefix, parameters } = this.#api.scope;
    const scope = prefix.replaceAll(/\{(\w+)\}/g, (_match, name: string) => parameters[name] ?? "");
    const search = Object.entries(query).map(([name, value]) => `${name}=${value}`);
    return `${this.#api.baseUrl}${scope}/actions/runners?${search.join("&")}`;
  }
}

/** The ID of an entry that cannot be read may be missing. */
function keyOf({ id, name, isUnreadable }: Registration): string {
  return isUnreadable ? name : String(id);
}

function sizeOf({ runners, nameless }: Reading): number {
  return runners.size + nameless;
}

function isSame(left: Reading, right: Reading): boolean {
  return (
    left.steady &&
    right.steady &&
    left.total === right.total &&
    sizeOf(left) === sizeOf(right) &&
    [...left.runners.keys()].every((id) => right.runners.has(id))
  );
}

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
/** Maximum number of readings of a list that changes during the reading. */
const MOST_READINGS = 3;

type Page = Omit<CachedPage, "etag">;

/** One reading of all pages. */
interface Reading {
  readonly runners: ReadonlyMap<number, Registration>;
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
    const seen = new Map<number, Registration>();
    let last: Reading | undefined;
    for (let readings = 0; readings < MOST_READINGS; readings += 1) {
      const reading = await this.#walk(action, {}, signal);
      for (const [id, runner] of reading.runners) seen.set(id, runner);
      if (reading.steady && reading.runners.size === reading.total) return [...seen.values()];
      if (last && isSame(last, reading)) return this.#acceptMiscount(reading, seen);
      last = reading;
    }
    if (last && seen.size < last.total) {
      throw new UnavailableError(
        action,
        `GitHub counts ${last.total} runners and lists ${seen.size}; the list keeps changing`,
      );
    }
    return [...seen.values()];
  }

  /** The runner of this name, if it is registered. Never uses the cache. */
  async find(name: string, signal: AbortSignal): Promise<Registration | undefined> {
    const { runners } = await this.#walk(`look for runner '${name}'`, { name }, signal);
    // A server without this parameter lists all runners.
    return [...runners.values()].find((runner) => runner.name === name);
  }

  /** Two readings agree, so the count is wrong. */
  #acceptMiscount(reading: Reading, seen: ReadonlyMap<number, Registration>): Registration[] {
    this.#log.warning("GitHub's count of runners differs from its list", {
      counted: reading.total,
      listed: reading.runners.size,
    });
    return [...seen.values()];
  }

  async #walk(action: string, filter: { name?: string }, signal: AbortSignal): Promise<Reading> {
    const runners = new Map<number, Registration>();
    const totals = new Set<number>();
    for (let number = 1; number <= MOST_PAGES; number += 1) {
      const page = await this.#page(action, { ...filter, per_page: PER_PAGE, page: number }, signal);
      // A duplicate comes from a list that changed: the later entry is newer.
      for (const runner of page.runners) runners.set(runner.id, runner);
      totals.add(page.total);
      if (!page.hasNext) return { runners, total: page.total, steady: totals.size === 1 };
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

function isSame(left: Reading, right: Reading): boolean {
  return (
    left.steady &&
    right.steady &&
    left.total === right.total &&
    left.runners.size === right.runners.size &&
    [...left.runners.keys()].every((id) => right.runners.has(id))
  );
}

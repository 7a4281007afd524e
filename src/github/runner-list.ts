import type { Registration } from "../runners/ports.ts";
import { messageOf, type Logger } from "charm-kit";
import { UnavailableError } from "./errors.ts";
import type { CachedPage, EtagStore } from "./etag-store.ts";
import type { GithubApi } from "./github-api.ts";
import { readCachedPage, readRunnerPage } from "./shapes.ts";

/** What GitHub allows at most. */
const PER_PAGE = 100;
/** Ten times the runners that a group may have: more pages than this are a server that never ends. */
const MOST_PAGES = 1000;
/** How often the list is read when it changes while it is read. */
const MOST_READINGS = 3;

type Page = Omit<CachedPage, "etag">;

/** One walk over all pages. */
interface Reading {
  readonly runners: ReadonlyMap<number, Registration>;
  /** `total_count` of the last page. */
  readonly total: number;
  /** Whether all pages gave the same `total_count`. */
  readonly steady: boolean;
}

/**
 * Reads the runners of a scope, all pages, with conditional requests.
 *
 * Octokit's `paginate` is not used: it takes a 409 for the end of the list, and a short list looks like vanished
 * runners. For the same reason a list that changes while it is read is not trusted at once. Pages are numbers, not
 * cursors: a runner that goes while page 1 is read moves another one from page 2 to page 1, where nobody sees it. The
 * sign of it is a `total_count` that changes between pages or that is not the number of runners found.
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
   * A list that changes while it is read is read up to three times, and what any reading saw is given: a runner too many is found to be gone
   * when it is deleted, a runner too few would be replaced while it works.
   *
   * @throws `UnavailableError` when the list stays shorter than GitHub says it is and does not come to rest.
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

  /** The runner of a name, if it is registered. Asks anew, whatever is cached. */
  async find(name: string, signal: AbortSignal): Promise<Registration | undefined> {
    const { runners } = await this.#walk(`look for runner '${name}'`, { name }, signal);
    // A server that does not know the parameter lists everything.
    return [...runners.values()].find((runner) => runner.name === name);
  }

  /** Two readings that agree are the server's truth, and its count is wrong. */
  #acceptMiscount(reading: Reading, seen: ReadonlyMap<number, Registration>): Registration[] {
    this.#log.warning("GitHub counts its runners otherwise than it lists them", {
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
      // A duplicate comes from a list that moved: the later view is the newer one.
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
      this.#log.debug("Cached page unreadable", { reason: messageOf(thrown) });
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
      this.#log.debug("Cached page not kept", { reason: messageOf(thrown) });
    }
  }

  /** The address of a page; templates are filled in, so that scopes of one server do not share a key. */
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

import type { ApiCall, GithubApi } from "./github-api.ts";
import { SharedWork } from "./shared-work.ts";

/** A request whose answers are kept. */
export type Read = Omit<ApiCall, "method" | "headers">;

interface Kept<T> {
  readonly etag: string;
  readonly value: T;
  readonly hasNext: boolean;
}

/** A page, or the whole of an object. */
export interface ReadAnswer<T> {
  readonly value: T;
  readonly hasNext: boolean;
}

const PER_PAGE = 100;
/** More answers would be those of a guest that asks for ever other names. */
const MOST_KEPT = 200;
/** Of a list; GitHub's longest ones that matter here have a few hundred items. */
const MOST_PAGES = 10;

/**
 * Reads one kind of answer with conditional requests: GitHub does not count a 304 against its rate limit. Requests for
 * the same answer at the same time are one. Keeps the newest answers only, and of them only the parsed part.
 */
export class ConditionalReads<T> {
  readonly #api: Pick<GithubApi, "send" | "garbage">;
  readonly #parse: (body: unknown) => T | undefined;
  readonly #kept = new Map<string, Kept<T>>();
  readonly #running = new Map<string, SharedWork<ReadAnswer<T>>>();

  /** @param parse returns undefined for a body that is not as GitHub's API describes it. */
  constructor(api: Pick<GithubApi, "send" | "garbage">, parse: (body: unknown) => T | undefined) {
    this.#api = api;
    this.#parse = parse;
  }

  /** @throws the errors of {@link GithubApi.send}, and `UnavailableError` for an unexpected body. */
  async read(call: Read, signal: AbortSignal): Promise<ReadAnswer<T>> {
    const key = keyOf(call);
    const shared = this.#running.get(key) ?? new SharedWork<ReadAnswer<T>>();
    this.#running.set(key, shared);
    try {
      return await shared.run((limited) => this.#ask(key, call, limited), signal);
    } finally {
      if (this.#running.get(key) === shared) this.#running.delete(key);
    }
  }

  /**
   * The parsed pages of a list: at most 1000 items, in GitHub's order.
   *
   * @throws as {@link ConditionalReads.read}.
   */
  async readPages(call: Read, signal: AbortSignal): Promise<readonly T[]> {
    const pages: T[] = [];
    for (let page = 1; page <= MOST_PAGES; page += 1) {
      const parameters = { ...call.parameters, per_page: PER_PAGE, page };
      const { value, hasNext } = await this.read({ ...call, parameters }, signal);
      pages.push(value);
      if (!hasNext) break;
    }
    return pages;
  }

  async #ask(key: string, call: Read, signal: AbortSignal): Promise<ReadAnswer<T>> {
    const kept = this.#kept.get(key);
    const headers = kept ? { "if-none-match": kept.etag } : {};
    const answer = await this.#api.send({ ...call, method: "GET", headers }, signal);
    if (answer.status === 304 && kept) {
      this.#keep(key, kept);
      return kept;
    }
    const value = answer.status === 200 ? this.#parse(answer.body) : undefined;
    if (value === undefined) throw this.#api.garbage(call.action, answer);
    const { hasNext } = answer;
    const etag = answer.headers["etag"];
    if (typeof etag === "string") this.#keep(key, { etag, value, hasNext });
    else this.#kept.delete(key);
    return { value, hasNext };
  }

  /** The oldest answer makes room. */
  #keep(key: string, kept: Kept<T>): void {
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }
}

function keyOf({ route, repository, parameters }: Read): string {
  return JSON.stringify([route, repository?.owner, repository?.repo, parameters]);
}

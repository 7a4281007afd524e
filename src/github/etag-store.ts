import type { Registration } from "../runners/ports.ts";

/** A page of the list of runners, with the ETag for a conditional request. */
export interface CachedPage {
  /** GitHub's `ETag` of the page, unchanged. */
  readonly etag: string;
  /** GitHub's `total_count`. */
  readonly total: number;
  /** Whether there is a next page. */
  readonly hasNext: boolean;
  readonly runners: readonly Registration[];
  /** Number of entries without a name. @default 0 */
  readonly nameless?: number;
}

/**
 * Stores pages for the next process, which sends `If-None-Match`: a 304 does not count against the primary rate limit. A
 * loss costs requests only, so failures are logged and ignored.
 */
export interface EtagStore {
  /** @returns the page of this URL; a value of another shape is ignored. */
  get(url: string): Promise<unknown>;
  put(url: string, page: CachedPage): Promise<void>;
}

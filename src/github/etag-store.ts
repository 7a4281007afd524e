import type { Registration } from "../runners/ports.ts";

/** A page of the list of runners as GitHub gave it, with what is needed to ask whether it still holds. */
export interface CachedPage {
  /** GitHub's `ETag` of the page, byte for byte. */
  readonly etag: string;
  /** GitHub's `total_count`. */
  readonly total: number;
  /** Whether a page follows. */
  readonly hasNext: boolean;
  readonly runners: readonly Registration[];
}

/**
 * Pages that outlive the process, so that the next one can ask with `If-None-Match`; an answer of 304 costs none of the
 * hourly requests. Losing it costs requests only: failures are logged and otherwise ignored.
 */
export interface EtagStore {
  /** @returns what was put for the address; anything of another shape is ignored. */
  get(url: string): Promise<unknown>;
  put(url: string, page: CachedPage): Promise<void>;
}

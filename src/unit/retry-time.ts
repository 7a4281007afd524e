import { RateLimitError } from "../github/errors.ts";

/** When the other side says that it may be asked again, in milliseconds since the Unix epoch; undefined if it does not. */
export function retryTimeOf(thrown: unknown): number | undefined {
  return thrown instanceof RateLimitError ? thrown.resetAt : undefined;
}

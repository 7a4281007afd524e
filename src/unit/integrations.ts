import type { DebugSshHost } from "../guest/settings.ts";

/** Data from related applications that changes the runners. */
export interface Integrations {
  /** Sorted by the names of their units. Each runner uses one of them. */
  readonly debugSshHosts: readonly DebugSshHost[];
}

/**
 * Picks one item at random. Pure.
 *
 * @param entropy random hexadecimal digits, at least 8.
 */
export function drawOne<T>(items: readonly T[], entropy: string): T | undefined {
  return items[Number.parseInt(entropy.slice(0, 8), 16) % items.length];
}

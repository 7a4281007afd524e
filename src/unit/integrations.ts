import type { DebugSshHost } from "../guest/settings.ts";

/** What other applications change of the runners. */
export interface Integrations {
  /** In the order of their units' names; a runner gets one of them. */
  readonly debugSshHosts: readonly DebugSshHost[];
}

/**
 * Draws one of several. Pure.
 *
 * @param entropy random hexadecimal digits, at least 8.
 */
export function drawOne<T>(items: readonly T[], entropy: string): T | undefined {
  return items[Number.parseInt(entropy.slice(0, 8), 16) % items.length];
}

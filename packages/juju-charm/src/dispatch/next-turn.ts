import { setImmediate } from "node:timers";

/**
 * Resolves in the next turn of the event loop, after all promises that can settle now. Imported, so that the false
 * clocks of tests do not replace it.
 */
export async function nextTurn(): Promise<void> {
  await new Promise<void>((resolve) => void setImmediate(resolve));
}

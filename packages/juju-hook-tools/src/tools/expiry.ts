import { usageError } from "../tool-error.ts";

const UNITS_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
const DURATION = /^(?:\d+(?:\.\d+)?(?:h|ms|m|s))+$/;
const PART = /(\d+(?:\.\d+)?)(h|ms|m|s)/g;

/**
 * Parses a value of `--expire`: an RFC 3339 time, or a Go duration from now.
 *
 * @param now milliseconds since 1970.
 * @throws ToolError with Juju's text.
 */
export function parseExpiry(text: string, now: number): Date {
  if (text.startsWith("-")) throw usageError(`negative expire duration "${text}" not valid`);
  if (DURATION.test(text)) {
    let milliseconds = 0;
    for (const [, count, unit = ""] of text.matchAll(PART))
      milliseconds += Number(count) * (UNITS_MS[unit] ?? 0);
    return new Date(now + milliseconds);
  }
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw usageError(`expire time or duration "${text}" not valid`);
  return time;
}

import { createHash } from "node:crypto";
import { join } from "node:path";
import { isRecord, messageOf, type Logger } from "charm-kit";
import type { Credentials } from "../github/credentials.ts";
import type { RateLimitStore, StoredRateLimit } from "../github/index.ts";
import { JsonRecord } from "../host/json-record.ts";

type StoredLimits = Readonly<Record<string, StoredRateLimit>>;

/** A GitHub server and the credentials for it, which its limits are counted by. */
export interface RateLimited {
  readonly githubUrl: string;
  readonly credentials: Credentials;
}

/**
 * Keeps GitHub's rate limits from one process of the unit to the next. A damaged file, or one that cannot be written,
 * costs requests only.
 *
 * @param directory absolute path of the unit's own files.
 */
export function openRateLimits(directory: string, limited: RateLimited, log: Logger): RateLimitStore {
  const record = new JsonRecord({ path: join(directory, "github-limits.json"), parse: parseLimits, log });
  const key = keyOf(limited);
  return {
    get: async () => (await record.read())?.[key],
    put: async (limit) => {
      try {
        const others = Object.entries((await record.read()) ?? {}).filter(
          ([other, { resetAt }]) => other !== key && resetAt > limit.learnedAt,
        );
        await record.write({ ...Object.fromEntries(others), [key]: limit });
      } catch (thrown) {
        log.warning("Cannot store GitHub's rate limit for the next event", { reason: messageOf(thrown) });
      }
    },
  };
}

/** Identifies the user or the App, and reveals nothing of a token. */
function keyOf({ githubUrl, credentials }: RateLimited): string {
  const user =
    credentials.by === "token"
      ? credentials.token.reveal()
      : `${credentials.clientId} ${credentials.installationId}`;
  return createHash("sha256").update(`${githubUrl.toLowerCase()} ${user}`).digest("hex").slice(0, 16);
}

function parseLimits(stored: unknown): StoredLimits | null {
  if (!isRecord(stored)) return null;
  return Object.fromEntries(
    Object.entries(stored).flatMap(([key, limit]) => {
      const parsed = parseLimit(limit);
      return parsed ? [[key, parsed]] : [];
    }),
  );
}

function parseLimit(stored: unknown): StoredRateLimit | undefined {
  const { limit, resetAt, learnedAt } = Object(stored) as Partial<Record<keyof StoredRateLimit, unknown>>;
  const isKnown = limit === "primary" || limit === "secondary";
  return isKnown && typeof resetAt === "number" && typeof learnedAt === "number"
    ? { limit, resetAt, learnedAt }
    : undefined;
}

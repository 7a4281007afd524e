import { REDACTED } from "charm-kit";

/** Known forms of secrets. Each has a bounded start, so that the time is linear in the length of the text. */
const FORMS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|$)/g, REDACTED],
  // GitHub's tokens.
  [/\b(?:gh[a-z]_[A-Za-z0-9]{16,}|github_pat_\w{20,})/g, REDACTED],
  // JSON in base64: a just-in-time configuration, and a JSON web token with its other parts.
  [/(?<![A-Za-z0-9+/])ey[A-Za-z0-9+/_-]{20,}={0,2}(?:\.[A-Za-z0-9_-]+){0,2}/g, REDACTED],
  [
    /((?<![\w-])[\w-]{0,60}(?:authorization|password|passwd|secret|token|api[-_]?key|jitconfig)["']?\s{0,3}[=:]\s{0,3}["']?(?:(?:bearer|basic)\s)?)[^\s"',;]{6,}/gi,
    `$1${REDACTED}`,
  ],
  [/(\b[a-z][a-z0-9+.-]{1,15}:\/\/[^\s:@/]{0,100}):[^\s@/]{1,200}@/gi, `$1:${REDACTED}@`],
];

/** Long enough for a key, and for each line of one that is wrapped. */
const RUN = /[A-Za-z0-9+/_-]{40,}={0,2}/g;

/**
 * Removes what looks like a secret from a guest's log: tokens, keys, passwords in addresses and assignments, and long random
 * texts in base64. Hexadecimal digests and paths stay.
 */
export function scrubSecrets(text: string): string {
  let scrubbed = text;
  for (const [form, replacement] of FORMS) scrubbed = scrubbed.replace(form, replacement);
  return scrubbed.replace(RUN, (run) => (isRandom(run) ? REDACTED : run));
}

/** Random base64 has four letters of each case in ten and few slashes; paths and digests have not. */
function isRandom(run: string): boolean {
  const share = (letters: RegExp) => (run.match(letters)?.length ?? 0) / run.length;
  return share(/[A-Z]/g) > 0.1 && share(/[a-z]/g) > 0.1 && share(/\//g) < 0.15;
}

import { closestMatch } from "leven";

/** Longest list of words in a message. */
const MOST_WORDS = 10;

/** Advice for an unknown word: the closest known word, or a short list of known words. */
export function acceptedInstead(word: string, known: readonly string[]): string {
  const closest = closestMatch(word, known, { maxDistance: word.length < 4 ? 1 : 2 });
  if (closest !== undefined) return `did you mean ${closest}?`;
  return known.length > MOST_WORDS ? "remove it" : `use ${listed(known)}`;
}

/** `a, b or c`. */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1) ?? ""}`;
}

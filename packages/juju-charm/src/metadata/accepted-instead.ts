import { closestMatch } from "leven";

/** More words than this are no help to a person. */
const MOST_WORDS = 10;

/** What to do about a word that is not known: the closest one, else all when they are few. */
export function acceptedInstead(word: string, known: readonly string[]): string {
  const closest = closestMatch(word, known, { maxDistance: word.length < 4 ? 1 : 2 });
  if (closest !== undefined) return `did you mean ${closest}?`;
  return known.length > MOST_WORDS ? "take it out" : `use ${listed(known)}`;
}

/** `a, b or c`. */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1) ?? ""}`;
}

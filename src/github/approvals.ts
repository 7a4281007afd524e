import { APPROVING_WORDS } from "../compliance/ports.ts";
import type { Comment, Review } from "./repository-shapes.ts";

/** A review of these states replaces the earlier ones of its author. */
const DECISIVE = ["APPROVED", "CHANGES_REQUESTED", "DISMISSED"];

/**
 * Those who have approved a commit, each once: by their last decisive review, of this very commit, or by a comment that
 * names it. Pure.
 */
export function approversOf(
  commit: string,
  { comments, reviews }: { readonly comments: readonly Comment[]; readonly reviews: readonly Review[] },
): readonly string[] {
  const decisions = new Map<string, Review>();
  for (const review of reviews) {
    // A re-inserted key would keep its old position, which does not matter here.
    if (DECISIVE.includes(review.state)) decisions.set(review.by, review);
  }
  const reviewers = [...decisions.values()]
    .filter((review) => review.state === "APPROVED" && review.commit === commit)
    .map(({ by }) => by);
  const commenters = comments.filter(({ text }) => approves(text, commit)).map(({ by }) => by);
  return [...new Set([...reviewers, ...commenters])];
}

/** Whoever quotes an approval approves nothing. */
function approves(text: string, commit: string): boolean {
  return text.split(/\r\n|[\n\r]/).some((line) => {
    const words = line.trim();
    const [found] = words.startsWith(">") ? [] : (/\/canonical\S*\s+[\da-f]+/.exec(words) ?? []);
    return found?.replace(/\s+/, " ") === `${APPROVING_WORDS} ${commit}`;
  });
}

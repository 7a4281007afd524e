/** Where an instance begins to look for a free place: spreads instances over the places. Pure. @returns 0 to `count` - 1 */
export function startOf(name: string, count: number): number {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003;
  return count === 0 ? 0 : hash % count;
}

import type { Call } from "../routes/route.ts";

const DEFAULT_PER_PAGE = 30;
const MOST_PER_PAGE = 100;

/** One page of a list, and the `Link` header that leads to the others; there is none when one page holds all. */
export interface Page<T> {
  readonly page: readonly T[];
  readonly headers: Readonly<Record<string, string>>;
}

/** Cuts the page out that the query asks for: 30 to a page unless it says otherwise, at most 100. */
export function paginate<T>(all: readonly T[], { query, apiURL, path }: Call): Page<T> {
  const perPage = clamp(Number(query.get("per_page") ?? DEFAULT_PER_PAGE), 1, MOST_PER_PAGE);
  const number = Math.max(Number(query.get("page") ?? 1), 1);
  const last = Math.max(Math.ceil(all.length / perPage), 1);
  const page = all.slice((number - 1) * perPage, number * perPage);
  const link = (to: number, relation: string): string => {
    const other = new URLSearchParams(query);
    other.set("page", String(to));
    return `<${apiURL}${path}?${other.toString()}>; rel="${relation}"`;
  };
  const links = [
    ...(number > 1 ? [link(1, "first"), link(Math.min(number - 1, last), "prev")] : []),
    ...(number < last ? [link(number + 1, "next"), link(last, "last")] : []),
  ];
  return { page, headers: links.length > 0 ? { link: links.join(", ") } : {} };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

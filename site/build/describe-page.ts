import type { PageData } from "vitepress";

/** How long a description may be: search engines show no more. */
const LIMIT = 200;
/** A paragraph of fewer letters says too little alone. */
const LEAST = 60;
const NO_PARAGRAPH = /^(#|```|\||- |!\[|<|\d+\. )/;

/** Gives a page what a list of search results shows of it. Pages of the framework share words with those of the charm. */
export function describePage(page: PageData, source: string): void {
  page.description = describe(source, page.title);
  if (page.relativePath.startsWith("framework/reference/"))
    page.titleTemplate = ":title · Reference of the framework";
  else if (page.relativePath.startsWith("framework/")) page.titleTemplate = ":title · Framework for charms";
  // What a program writes is changed in its source, which the page names.
  if (source.startsWith("<!-- Generated")) page.frontmatter["editLink"] = false;
}

/** The first paragraph of a page that is text, and its headings where that says little. */
function describe(source: string, title: string): string {
  const text = source.replaceAll(/^<!--.*?-->$/gms, "").replaceAll(/^```.*?^```$/gms, "");
  const paragraphs = text.split(/\n\s*\n/).map((one) => one.trim());
  const start = paragraphs.findIndex((one) => one.startsWith("# "));
  const first = paragraphs.slice(start + 1).find((one) => one !== "" && !NO_PARAGRAPH.test(one)) ?? "";
  const headings = [...text.matchAll(/^##+ (.+)$/gm)].map(([, heading = ""]) => heading);
  const parts = first.length < LEAST ? [title, first, headings.join(", ")] : [first];
  return shortened(plain(parts.filter((part) => part !== "").join(": ")));
}

/** Markdown without its marks. */
function plain(markdown: string): string {
  return (
    markdown
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .replaceAll(/[*`]/g, "")
      // VitePress writes the text into an attribute as it is.
      .replaceAll('"', "'")
      .replaceAll(/\s+/g, " ")
      .trim()
  );
}

function shortened(text: string): string {
  if (text.length <= LIMIT) return text;
  const sentences = /^.{40,200}?[.:](?= [A-Z])/.exec(text)?.[0];
  return sentences ?? `${text.slice(0, LIMIT).replace(/[ ,;:]*\s\S*$/, "")} …`;
}

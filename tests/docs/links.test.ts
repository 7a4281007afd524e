import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";

const ROOT = join(import.meta.dirname, "../..");
const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g;

/** Anchors of a page, as GitHub derives them from its headings. */
function anchorsOf(page: string): string[] {
  return [...withoutCode(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Removes code blocks, where shell comments look like headings. */
function withoutCode(page: string): string {
  return page.replaceAll(/^```.*?^```/gms, "");
}

/** Describes a broken link; undefined for a working link or a link to another site. */
function brokenLink(target: string, page: string): string | undefined {
  if (/^[a-z]+:/.test(target)) return undefined;
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? page : join(dirname(page), path);
  if (!existsSync(join(ROOT, file))) return `${page}: ${target} does not exist`;
  if (anchor === undefined) return undefined;
  const anchors = anchorsOf(readFileSync(join(ROOT, file), "utf8"));
  return anchors.includes(anchor) ? undefined : `${page}: ${target} has no such heading`;
}

/** Link targets of a page. */
function linksOf(page: string): string[] {
  const text = withoutCode(readFileSync(join(ROOT, page), "utf8"));
  return [...text.matchAll(LINK)].map(([, target = ""]) => target);
}

/** Pages that are reachable from a page by links. */
function reachableFrom(start: string): Set<string> {
  const reached = new Set([start]);
  for (const page of reached) {
    const targets = linksOf(page).map((target) => join(dirname(page), target.split("#")[0] ?? ""));
    for (const target of targets)
      if (target.endsWith(".md") && existsSync(join(ROOT, target))) reached.add(target);
  }
  return reached;
}

describe("links between documentation pages", () => {
  const pages = globSync(["*.md", "docs/**/*.md", "packages/*/README.md"], { cwd: ROOT });

  it("lead to existing files and headings", () => {
    const links = pages.flatMap((page) => linksOf(page).map((target) => [target, page] as const));
    expect(links.length).to.be.greaterThan(20);
    expect(links.map(([target, page]) => brokenLink(target, page)).filter(Boolean)).to.deep.equal([]);
  });

  it("lead from the index to every page of docs/", () => {
    const reached = reachableFrom("docs/README.md");
    expect(pages.filter((page) => page.startsWith("docs/") && !reached.has(page))).to.deep.equal([]);
  });
});

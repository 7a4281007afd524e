import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";

const ROOT = join(import.meta.dirname, "../..");
const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g;

/** Anchors of a page, as GitHub makes them of its headings. */
function anchorsOf(page: string): string[] {
  return [...withoutCode(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Comments of shell commands look like headings. */
function withoutCode(page: string): string {
  return page.replaceAll(/^```.*?^```/gms, "");
}

/** Why a link of a page leads nowhere; undefined for one that leads somewhere, and for those to other sites. */
function faultOf(target: string, page: string): string | undefined {
  if (/^[a-z]+:/.test(target)) return undefined;
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? page : join(dirname(page), path);
  if (!existsSync(join(ROOT, file))) return `${page}: ${target} is not there`;
  if (anchor === undefined) return undefined;
  const anchors = anchorsOf(readFileSync(join(ROOT, file), "utf8"));
  return anchors.includes(anchor) ? undefined : `${page}: ${target} has no such heading`;
}

/** Targets of the links of a page. */
function linksOf(page: string): string[] {
  const text = withoutCode(readFileSync(join(ROOT, page), "utf8"));
  return [...text.matchAll(LINK)].map(([, target = ""]) => target);
}

/** Pages that a reader comes to who starts at one and follows links. */
function reachableFrom(start: string): Set<string> {
  const reached = new Set([start]);
  for (const page of reached) {
    const targets = linksOf(page).map((target) => join(dirname(page), target.split("#")[0] ?? ""));
    for (const target of targets)
      if (target.endsWith(".md") && existsSync(join(ROOT, target))) reached.add(target);
  }
  return reached;
}

describe("links between pages", () => {
  const pages = globSync(["*.md", "docs/**/*.md"], { cwd: ROOT });

  it("lead to files and headings that are there", () => {
    const links = pages.flatMap((page) => linksOf(page).map((target) => [target, page] as const));
    expect(links.length).to.be.greaterThan(20);
    expect(links.map(([target, page]) => faultOf(target, page)).filter(Boolean)).to.deep.equal([]);
  });

  it("lead from the index to every page of docs/", () => {
    const reached = reachableFrom("docs/README.md");
    expect(pages.filter((page) => page.startsWith("docs/") && !reached.has(page))).to.deep.equal([]);
  });
});

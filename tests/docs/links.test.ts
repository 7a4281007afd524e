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

describe("links between pages", () => {
  const pages = globSync(["*.md", "docs/**/*.md"], { cwd: ROOT });

  it("lead to files and headings that are there", () => {
    const links = pages.flatMap((page) =>
      [...withoutCode(readFileSync(join(ROOT, page), "utf8")).matchAll(LINK)].map(
        ([, target = ""]) => [target, page] as const,
      ),
    );
    expect(links.length).to.be.greaterThan(20);
    expect(links.map(([target, page]) => faultOf(target, page)).filter(Boolean)).to.deep.equal([]);
  });

  it("lead to every page of docs/ from its index", () => {
    const index = readFileSync(join(ROOT, "docs/README.md"), "utf8");
    const unlisted = globSync("**/*.md", { cwd: join(ROOT, "docs") })
      .filter((page) => page !== "README.md")
      .filter((page) => !index.includes(`(${page})`));
    expect(unlisted).to.deep.equal([]);
  });
});

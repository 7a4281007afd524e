import { readdirSync } from "node:fs";

/** Pages of the site outside docs/, by their paths in the repository. */
const PAGES_OUTSIDE = {
  "README.md": "index.md",
  "CHANGELOG.md": "changes.md",
  "CONTRIBUTING.md": "contributing.md",
  "CODE_OF_CONDUCT.md": "code-of-conduct.md",
  "SECURITY.md": "security.md",
} as const satisfies Readonly<Record<string, string>>;

/** Folders of the repository whose Markdown is no page of the site: all except docs/ and READMEs of packages. */
export function excludedFolders(root: string): string[] {
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const names = folders.map(({ name }) => name).filter((name) => name !== "docs" && name !== "packages");
  return [...names.map((name) => `${name}/**`), "packages/*/*/**", "packages/*/!(README).md"];
}

/** The path of a page on the site, from its path in the repository. */
export function siteName(path: string): string {
  if (Object.hasOwn(PAGES_OUTSIDE, path)) return PAGES_OUTSIDE[path as keyof typeof PAGES_OUTSIDE];
  if (path === "docs/README.md") return "contents.md";
  return path.replace(/^docs\//, "").replace(/README\.md$/, "index.md");
}

/** Whether a file of the repository is a page of the site. */
export function isPage(path: string): boolean {
  return (
    Object.hasOwn(PAGES_OUTSIDE, path) ||
    /^docs\/.*\.md$/.test(path) ||
    /^packages\/[^/]+\/README\.md$/.test(path)
  );
}

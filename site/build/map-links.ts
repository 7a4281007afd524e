import { existsSync, statSync } from "node:fs";
import { posix } from "node:path";
import type { MarkdownRenderer } from "vitepress";
import { isPage, siteName } from "./pages.ts";

/**
 * Makes links between files of the repository work on the site: to a page as a link to that page, to any other file as a
 * link to the repository.
 *
 * @param root the repository's directory
 * @param repository its address on GitHub
 * @throws Error from the renderer, for a link to a file that does not exist
 */
export function mapLinks(markdown: MarkdownRenderer, root: string, repository: string): void {
  markdown.core.ruler.push("repository-links", ({ tokens, env }) => {
    const { path, realPath } = env as { path: string; realPath?: string };
    // Where VitePress rewrites a page's path, the real one is beside it.
    const page = posix.relative(root, realPath ?? path);
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const attribute = token.type === "link_open" ? "href" : token.type === "image" ? "src" : undefined;
      const target = attribute === undefined ? null : token.attrGet(attribute);
      if (attribute === undefined || target === null || /^([a-z]+:|#|\/)/.test(target)) continue;
      token.attrSet(attribute, siteTarget(target, page, attribute === "src"));
    }
  });

  function siteTarget(target: string, page: string, isPicture: boolean): string {
    const [relative = "", anchor] = target.split("#");
    const path = posix.join(posix.dirname(page), decodeURI(relative)).replace(/\/$/, "");
    const hash = anchor === undefined ? "" : `#${anchor}`;
    if (!existsSync(posix.join(root, path)))
      throw new Error(`Cannot link to ${target} in ${page}: no such file`);
    // Vite finds pictures by their place beside the source.
    if (isPicture) return `/${path}`;
    if (isPage(path)) return `/${siteName(path)}${hash}`;
    const kind = statSync(posix.join(root, path)).isDirectory() ? "tree" : "blob";
    return `${repository}/${kind}/main/${path}${hash}`;
  }
}

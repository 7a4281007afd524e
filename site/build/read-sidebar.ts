import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import type { DefaultTheme } from "vitepress";
import { siteName } from "./pages.ts";

/** The sidebar: headings and links of docs/README.md, so that both list the same pages. */
export function readSidebar(root: string): DefaultTheme.SidebarItem[] {
  const groups: (DefaultTheme.SidebarItem & { items: DefaultTheme.SidebarItem[] })[] = [];
  for (const line of readFileSync(join(root, "docs/README.md"), "utf8").split("\n")) {
    const heading = /^## (.+)/.exec(line)?.[1];
    if (heading !== undefined) groups.push({ text: heading, items: [] });
    for (const [, text = "", target = ""] of line.matchAll(/\[([^\]]+)\]\(([^)#]+\.md)\)/g)) {
      const page = siteName(posix.join("docs", target)).replace(/(index)?\.md$/, "");
      groups.at(-1)?.items.push({ text: text.replaceAll("`", ""), link: `/${page}` });
    }
  }
  return groups;
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitepress";
import { describePage } from "../build/describe-page.ts";
import { drawDiagrams } from "../build/draw-diagrams.ts";
import { frameCode } from "../build/frame-code.ts";
import { mapLinks } from "../build/map-links.ts";
import { excludedFolders, siteName } from "../build/pages.ts";
import { readSidebar } from "../build/read-sidebar.ts";
import { slugOf } from "../build/slug.ts";

const MODULES = join(import.meta.dirname, "../node_modules");
const ROOT = join(import.meta.dirname, "../..");
const { repository } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  repository: { url: string };
};
const REPOSITORY = repository.url.replace(/^git\+/, "").replace(/\.git$/, "");

export default defineConfig({
  title: "GitHub runners on LXD",
  description: "Ephemeral self-hosted GitHub Actions runners on the LXD of your own machines",
  lang: "en-GB",
  // Where the site is below its host, such as /github-runner-charm/ on GitHub Pages.
  base: (process.env["DOCS_BASE"] ?? "/") as `/${string}/`,
  srcDir: "..",
  srcExclude: excludedFolders(ROOT),
  outDir: "../dist/site",
  cacheDir: "../.cache/vitepress",
  rewrites: siteName,
  transformPageData(page) {
    describePage(page, readFileSync(join(ROOT, page.filePath), "utf8"));
  },
  markdown: {
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    anchor: { slugify: slugOf },
    config(markdown) {
      mapLinks(markdown, ROOT, REPOSITORY);
      drawDiagrams(markdown);
      frameCode(markdown);
    },
  },
  vite: {
    // The pages are outside this folder, which has the dependencies of what they become.
    resolve: {
      alias: [
        { find: /^vue\/server-renderer$/, replacement: `${MODULES}/vue/server-renderer/index.mjs` },
        { find: /^vue$/, replacement: `${MODULES}/vue/dist/vue.runtime.esm-bundler.js` },
      ],
    },
    // The compiler settings beside the pages are the charm's.
    esbuild: { tsconfigRaw: {} },
  },
  themeConfig: {
    nav: [
      { text: "Tutorial", link: "/tutorial/first-runners" },
      { text: "Deploy", link: "/how-to/deploy-with-juju" },
      { text: "Compare", link: "/explanation/comparison" },
      { text: "Write charms", link: "/framework/tutorial", activeMatch: "^/(framework|packages)/" },
      { text: "All pages", link: "/contents" },
    ],
    sidebar: readSidebar(ROOT),
    outline: [2, 3],
    notFound: {
      title: "There is no such page",
      quote:
        "The address is wrong, or the page has another name in this version. Search for it, or read the list of all pages.",
      linkText: "To the start",
      linkLabel: "To the start",
    },
    search: { provider: "local" },
    socialLinks: [{ icon: "github", link: REPOSITORY, ariaLabel: "Repository on GitHub" }],
    editLink: { pattern: `${REPOSITORY}/edit/main/:path`, text: "Change this page" },
  },
});

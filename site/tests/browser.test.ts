import type { Server } from "node:http";
import { createRequire } from "node:module";
import { expect } from "chai";
import type axe from "axe-core";
import { chromium, type Browser, type Page } from "playwright-core";
import { builtPages, serveSite } from "./built-site.ts";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const ALL_RULES = {
  type: "tag",
  values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
} as const;
/** What differs between light and dark. */
const COLOUR_RULES = { type: "rule", values: ["color-contrast", "link-in-text-block"] } as const;
/** For a page to load, or to show what it shows at once, on a busy machine. */
const WAIT_MS = 180_000;
const reason = process.env["NO_BROWSER"] ?? "";

describe(`the site in a browser${reason === "" ? "" : ` (skipped: ${reason})`}`, () => {
  let browser: Browser;
  let server: Server;
  let url: string;

  before(async function () {
    if (reason !== "") this.skip();
    browser = await chromium.launch({
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      // The tests run as root, and read nothing but the site.
      args: ["--no-sandbox", "--disable-dev-shm-usage"],
    });
    ({ server, url } = await serveSite());
  });

  after(async () => {
    if (reason !== "") return;
    await browser.close();
    server.close();
  });

  for (const colorScheme of ["light", "dark"] as const) {
    it(`is accessible on every page, and asks no other host, in ${colorScheme} colours`, async () => {
      const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 900 } });
      context.setDefaultTimeout(WAIT_MS);
      const page = await context.newPage();
      const troubles: string[] = [];
      page.on("pageerror", ({ message }) => troubles.push(`${page.url()}: ${message}`));
      page.on("request", (request) => {
        if (!request.url().startsWith(url) && !request.url().startsWith("data:"))
          troubles.push(request.url());
      });
      const rules = colorScheme === "light" ? ALL_RULES : COLOUR_RULES;
      for (const path of builtPages()) troubles.push(...(await faultsOf(page, path, rules)));
      await context.close();
      expect([...new Set(troubles)].join("\n")).to.equal("");
    });
  }

  it("has no page that is wider than a telephone", async () => {
    const page = await browser.newPage({ viewport: { width: 390, height: 800 } });
    page.setDefaultTimeout(WAIT_MS);
    const wide: string[] = [];
    for (const path of builtPages()) {
      await page.goto(`${url}/${path}`, { waitUntil: "domcontentloaded" });
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      if (width > 390) wide.push(`${path}: ${width}`);
    }
    await page.close();
    expect(wide).to.deep.equal([]);
  });

  it("draws diagrams whole", async () => {
    const page = await browser.newPage();
    page.setDefaultTimeout(WAIT_MS);
    await page.goto(`${url}/explanation/runner-service.html`, { waitUntil: "networkidle" });
    const drawn = await page.locator("figure.diagram .actor").allTextContents();
    await page.close();
    expect(drawn.map((text) => text.trim())).to.deep.equal(["LXD", "Runner service", "GitHub"]);
  });

  it("leads on from an address that does not exist", async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(WAIT_MS);
    await page.goto(`${url}/no/such-page`, { waitUntil: "networkidle" });
    await page.getByRole("heading", { name: "There is no such page", level: 1 }).waitFor();
    expect(await faultsOf(page, "no/such-page", ALL_RULES)).to.deep.equal([]);
    await page.getByRole("link", { name: "To the start" }).click();
    await page.getByRole("heading", { name: "GitHub runners on LXD", level: 1 }).waitFor();
    await page.close();
  });

  it("leads a reader from the start to the tutorial, and finds pages by words", async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(WAIT_MS);
    await page.goto(url);
    await page.getByRole("link", { name: "Tutorial", exact: true }).first().click();
    await page.getByRole("heading", { name: "First runners", level: 1 }).waitFor();
    for (const [words, target] of [
      ["rate limit", "statuses"],
      ["uninstall", "run-without-juju"],
      ["GARM", "comparison"],
    ] as const) {
      await page.keyboard.press("Control+k");
      await page.getByRole("searchbox").fill(words);
      await page
        .locator(`.VPLocalSearchBox a.result[href*="${target}"]`)
        .first()
        .waitFor({ timeout: WAIT_MS });
      await page.keyboard.press("Escape");
    }
    await page.close();
  });

  /** Faults of a page that axe finds, one line for each rule and element. */
  async function faultsOf(page: Page, path: string, rules: object): Promise<string[]> {
    await page.goto(`${url}/${path}`, { waitUntil: "load" });
    await page.addScriptTag({ path: AXE });
    const { violations } = await page.evaluate(async (runOnly): Promise<axe.AxeResults> => {
      const { axe } = globalThis as unknown as {
        axe: { run(root: Document, options: object): Promise<axe.AxeResults> };
      };
      return axe.run(document, { runOnly });
    }, rules);
    return violations.flatMap(({ id, nodes }) =>
      nodes
        .slice(0, 3)
        .map(({ target, any }) => `${path}: ${id}: ${target.join(" ")} ${any[0]?.message ?? ""}`),
    );
  }
});

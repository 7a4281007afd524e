import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { lackOfBrowser, startBrowser } from "../support/browser/browser.ts";
import { busyUnit, LiveSite } from "../service/live-site.ts";

/**
 * `npm run pictures`: takes the pictures of the live page that the documentation shows, with the distribution's Chromium. What
 * they show is the same at each run, but for fonts of the machine.
 */
const DIRECTORY = join(import.meta.dirname, "../../docs/pictures");
const PICTURES = [
  { name: "live-page-light", colorScheme: "light", viewport: { width: 1200, height: 1100 } },
  { name: "live-page-dark", colorScheme: "dark", viewport: { width: 1200, height: 1100 } },
  { name: "live-page-telephone", colorScheme: "light", viewport: { width: 390, height: 844 } },
] as const;

const lack = lackOfBrowser();
if (lack !== undefined) throw new Error(`Cannot take pictures: ${lack}`);
await mkdir(DIRECTORY, { recursive: true });
const site = await LiveSite.open();
const browser = await startBrowser();
const unit = busyUnit(Date.now());
unit.fill(site.waits);
site.capsules = unit.capsules;
site.show(unit.status);
for (const { name, ...options } of PICTURES) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await page.goto(site.url);
  await page.getByText("Live", { exact: true }).waitFor();
  await page.screenshot({ path: join(DIRECTORY, `${name}.png`), fullPage: name.endsWith("telephone") });
  await context.close();
}
await browser.close();
await site.close();

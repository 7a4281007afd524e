import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type axe from "axe-core";
import { chromium, type Browser, type Page } from "playwright-core";

const ENSURE = join(import.meta.dirname, "../../../site/ensure-browser.sh");
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
/** The levels of the accessibility guidelines that pages have to reach, and what axe advises beyond them. */
const RULES = {
  type: "tag",
  values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
} as const;

/** Why there is no browser here; undefined when there is one, which is installed if need be. */
export function lackOfBrowser(): string | undefined {
  const { status, stdout } = spawnSync("sh", [ENSURE], { encoding: "utf8" });
  if (status === 0) return undefined;
  if (status === 3) return stdout.trim().split("\n").at(-1);
  throw new Error(`The browser cannot be made ready: ${stdout}`);
}

/** Starts the distribution's Chromium. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    // The tests run as root, and read nothing but pages of their own.
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
}

/** Faults of the shown page that axe finds, one line for each rule and element. */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  // The page's policy refuses scripts in it; the browser's own interface does not.
  await page.evaluate(readFileSync(AXE, "utf8"));
  const { violations } = await page.evaluate(async (runOnly): Promise<axe.AxeResults> => {
    const { axe, document } = globalThis as unknown as {
      axe: { run(root: unknown, options: object): Promise<axe.AxeResults> };
      document: unknown;
    };
    return axe.run(document, { runOnly });
  }, RULES);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, any }) => `${id}: ${target.join(" ")} ${any[0]?.message ?? ""}`),
  );
}

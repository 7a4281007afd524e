import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { accessibilityFaults, lackOfBrowser, startBrowser } from "../support/browser/browser.ts";
import { busyUnit, LiveSite } from "./live-site.ts";

/** Ample for what a page shows at once. */
const WAIT_MS = 90_000;
/** Longer than the page lets a connection be silent: on a machine at its limit, its browser may say nothing for as long. */
const LOST_MS = 150_000;

/** Chromium of the distribution, which the test installs where it may. */
describe("the live page in a browser", function () {
  this.timeout(180_000);
  let browser: Browser;
  let site: LiveSite;
  let page: Page;
  const troubles: string[] = [];

  before(async function () {
    this.timeout(900_000);
    if (lackOfBrowser() !== undefined) this.skip();
    browser = await startBrowser();
  });
  after(() => browser.close());
  beforeEach(async () => {
    site = await LiveSite.open();
    const { status, capsules, fill } = busyUnit(Date.now());
    fill(site.waits);
    site.capsules = capsules;
    site.show(status);
    await open();
  });
  afterEach(async () => {
    await page.context().close();
    await site.close();
    expect(troubles.splice(0)).to.deep.equal([]);
  });

  const open = async (options: Parameters<Browser["newContext"]>[0] = {}) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    page = await context.newPage();
    page.setDefaultTimeout(WAIT_MS);
    page.on("pageerror", ({ message }) => troubles.push(message));
    page.on("request", (request) => {
      if (!request.url().startsWith(site.url) && !request.url().startsWith("data:"))
        troubles.push(request.url());
    });
    await page.goto(site.url);
    await page.getByRole("heading", { name: "Runners", exact: true }).waitFor();
  };
  const reopen = async (options: Parameters<typeof open>[0]) => {
    await page.context().close();
    await open(options);
  };
  const region = (name: string | RegExp) => page.getByRole("region", { name });

  it("shows runners, queue, waits and failures, each change at once", async () => {
    expect(await page.getByRole("heading", { level: 1 }).textContent()).to.equal("runners/0");
    const summary = page.getByRole("status").first();
    expect(await summary.textContent()).to.equal(
      "✖ 8 of 10 runners: 4 busy, 2 idle, 1 offline, 1 not at GitHub (problem)",
    );
    expect(await page.title()).to.contain("8 of 10 runners");
    const runners = region("Runners").getByRole("listitem");
    expect(await runners.count()).to.equal(8);
    expect(await runners.first().textContent()).to.match(/^▶busyrunners-0-3f9a2c81d4b612 min$/);
    expect(await region("Queue").textContent()).to.match(
      /Jobs that wait3Longest waitsince (?:4[89]|5\d) sJobs that run4/,
    );
    expect(
      await region(/^Waits/)
        .getByRole("img")
        .getAttribute("aria-label"),
    ).to.match(/The last 48: median [\d.]+ s, longest [\d.]+ s$/);
    expect(await region("Objective of this month").textContent()).to.match(
      /Replacements within 10 s99\.7 % of 415; 75 % of the error budget is left.*Jobs ended by the unit0 of 398$/,
    );
    expect(await region("Last failures").getByRole("listitem").allTextContents()).to.satisfy(
      (texts: string[]) =>
        texts.length === 3 &&
        texts[0]!.includes("problem: Failed 3 times in a row") &&
        texts[0]!.includes("tried again in 1 min"),
    );
    site.show({ runners: [], failures: [], notices: [], wanted: 0 });
    await page.getByText("There are no runners.").waitFor();
    expect(await runners.count()).to.equal(0);
  });

  for (const colorScheme of ["light", "dark"] as const)
    it(`is accessible in ${colorScheme} colours, with values, and without them`, async () => {
      await reopen({ colorScheme });
      await region(/^Waits/)
        .getByText("Values", { exact: true })
        .click();
      expect(await accessibilityFaults(page)).to.deep.equal([]);
      site.show({
        runners: [],
        failures: [],
        notices: [],
        counts: undefined,
        activity: { state: "paused", reason: "x" },
      });
      await page.getByText("There are no runners.").waitFor();
      expect(await accessibilityFaults(page)).to.deep.equal([]);
    });

  it("says the same without colours: each state has a shape and a word of its own", async () => {
    await reopen({ forcedColors: "active" });
    const items = await region("Runners").getByRole("listitem").all();
    const said = await Promise.all(
      items.map(async (item) => {
        const parts = [".shape", ".state"].map((part) => item.locator(part).textContent());
        return (await Promise.all(parts)).join(" ");
      }),
    );
    expect([...new Set(said)]).to.have.members(["○ idle", "△ not at GitHub", "△ offline", "▶ busy"]);
    expect(await accessibilityFaults(page)).to.deep.equal([]);
  });

  it("can be used by the keyboard: pause, values of a plot, links", async () => {
    const focused = () => page.evaluate<string>("document.activeElement?.textContent");
    await page.keyboard.press("Tab");
    expect(await focused()).to.equal("Pause");
    await page.keyboard.press("Enter");
    site.show({ runners: [] });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await region("Runners").getByRole("listitem").count()).to.equal(8);
    expect(await page.getByRole("button").getAttribute("aria-pressed")).to.equal("true");
    await page.keyboard.press("Space");
    await page.getByText("There are no runners.").waitFor();

    await page.keyboard.press("Tab");
    expect(await focused()).to.equal("Values");
    await page.keyboard.press("Enter");
    expect(
      await region(/^Waits/)
        .getByRole("row")
        .count(),
    ).to.equal(49);
    const common = { flavor: "runners", workflow: "CI", repo: "octo/hello", github_event: "push", idle: 1 };
    site.waits.add({ event: "runner_start", timestamp: Date.now() / 1000, ...common, queue_duration: 77 });
    site.show({ wanted: 11 });
    await region(/^Waits/)
      .getByText("1 min", { exact: true })
      .waitFor();
    // Neither the open table nor the focus is lost by a new value.
    expect(await focused()).to.equal("Values");
    for (const name of ["Values", "JSON", "metrics for Prometheus"]) {
      await page.keyboard.press("Tab");
      expect(await focused()).to.equal(name);
    }
  });

  it("is no wider than a telephone, nor than 320 pixels", async () => {
    for (const width of [390, 320]) {
      await page.setViewportSize({ width, height: 800 });
      expect(await page.evaluate<number>("document.documentElement.scrollWidth"), `${width}`).to.be.at.most(
        width,
      );
    }
  });

  it("runs and draws nothing that a value says", async () => {
    const evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    await page.evaluate(
      'addEventListener("securitypolicyviolation", () => { document.title = "violated"; }); undefined',
    );
    site.show({
      unit: evil,
      runners: [{ name: evil, state: "busy", since: Number.NaN }],
      notices: [evil],
      fault: { message: evil },
    });
    await page.getByText(evil).first().waitFor();
    expect(await page.locator("main img, main script, h1 img, h1 script").count()).to.equal(0);
    expect(await page.title())
      .to.contain(evil)
      .and.not.to.equal("violated");
  });

  it("says that it is not connected, and goes on by itself when the service is back", async function () {
    this.timeout(360_000);
    await site.pause();
    await page.getByText(/^Not connected: values of/).waitFor({ timeout: LOST_MS });
    expect(await region("Runners").getByRole("listitem").count()).to.equal(8);
    await site.listen();
    site.show({ runners: [] });
    await page.getByText("There are no runners.").waitFor({ timeout: WAIT_MS });
    await page.getByText("Live", { exact: true }).waitFor();
  });

  it("says so too of a connection that is silent, paused or not, and connects again", async () => {
    const context = await browser.newContext();
    const silent = await context.newPage();
    silent.setDefaultTimeout(WAIT_MS);
    await silent.clock.install();
    let connections = 0;
    // The stream ends for nobody: only the page's own clock can tell.
    await silent.route("**/view/events", async (route) => {
      connections += 1;
      await (connections === 1 ? route.continue() : undefined);
    });
    await silent.goto(site.url);
    await silent.getByText("Live", { exact: true }).waitFor();
    await silent.clock.fastForward("00:30");
    expect(connections).to.equal(1);
    await silent.clock.fastForward("00:15");
    await silent.getByText(/^Not connected: values of/).waitFor();
    await silent.getByRole("button").click();
    expect(await silent.getByText(/^Not connected: values of/).count()).to.equal(1);
    expect(connections).to.equal(2);
    await context.close();
  });

  it("comes again when there was no room for it", async () => {
    const calls = await Promise.all(
      Array.from({ length: 7 }, async () => {
        const end = new AbortController();
        const answer = await fetch(`${site.url}/view/events`, { signal: end.signal });
        expect(answer.status).to.equal(200);
        return end;
      }),
    );
    const context = await browser.newContext();
    const other = await context.newPage();
    other.setDefaultTimeout(WAIT_MS);
    await other.goto(site.url);
    await other.getByText("Not connected", { exact: true }).waitFor();
    for (const end of calls) end.abort();
    await other.getByRole("heading", { name: "Runners", exact: true }).waitFor({ timeout: WAIT_MS });
    await context.close();
  });

  it("is nothing that a page of another origin can read, show in a frame, or load as a script", async () => {
    const foreign = await LiveSite.open();
    await page.goto(`http://127.0.0.1:${foreign.port}/`);
    // The policy of the foreign page must not be what protects this one.
    await page.route("**/blank", (route) =>
      route.fulfill({ contentType: "text/html", body: "<p>foreign</p>" }),
    );
    await page.goto(`http://127.0.0.1:${foreign.port}/blank`);
    const outcome = await page.evaluate(`(async (target) => {
      const ending = (start) => new Promise((resolve) => start(() => resolve("read"), () => resolve("refused")));
      const read = await fetch(target + "/view").then(() => "read", () => "refused");
      const events = await ending((onRead, onRefused) => {
        Object.assign(new EventSource(target + "/view/events"), { onmessage: onRead, onerror: onRefused });
      });
      const script = await ending((onload, onerror) => {
        document.head.append(Object.assign(document.createElement("script"), { src: target + "/live.js", onload, onerror }));
      });
      await new Promise((onload) => {
        document.body.append(Object.assign(document.createElement("iframe"), { src: target, onload }));
      });
      return { read, events, script };
    })(${JSON.stringify(site.url)})`);
    expect(outcome).to.deep.equal({ read: "refused", events: "refused", script: "refused" });
    const [, frame] = page.frames();
    expect(await frame?.locator("#unit").count()).to.equal(0);
    troubles.length = 0;
    await foreign.close();
  });
});

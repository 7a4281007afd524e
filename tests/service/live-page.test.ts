import { request, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { systemClock } from "charm-kit";
import type { LiveView } from "../../src/service/live-view.ts";
import { soon } from "../support/patience.ts";
import { until } from "../support/rig/until.ts";
import { LiveSite, busyUnit } from "./live-site.ts";

describe("the live page", () => {
  const sites: LiveSite[] = [];
  const open = async (options: Parameters<typeof LiveSite.open>[0] = {}) => {
    const site = await LiveSite.open(options);
    sites.push(site);
    return site;
  };
  const call = (
    { port }: LiveSite,
    path: string,
    headers: Readonly<Record<string, string>> = {},
    method = "GET",
  ) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const asked = request(
        {
          host: "127.0.0.1",
          port,
          path,
          method,
          headers: { host: `localhost:${port}`, ...headers },
          agent: false,
        },
        (answer) => {
          answer.on("error", () => undefined);
          resolve(answer);
        },
      );
      asked.on("error", reject).end();
    });
  const get = async (...args: Parameters<typeof call>) => {
    const answer = await call(...args);
    return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
  };
  /** Views as they come. */
  const watch = async (site: LiveSite) => {
    const answer = await call(site, "/view/events");
    const views: LiveView[] = [];
    let rest = "";
    let told = Promise.withResolvers<undefined>();
    answer.setEncoding("utf8").on("data", (chunk: string) => {
      const events = `${rest}${chunk}`.split("\n\n");
      rest = events.pop() ?? "";
      for (const event of events) views.push(JSON.parse(event.slice("data: ".length)) as LiveView);
      told.resolve(undefined);
      told = Promise.withResolvers();
    });
    const shows = async (test: (view: LiveView) => boolean) => {
      for (let last = views.at(-1); !last || !test(last); last = views.at(-1)) await told.promise;
    };
    return { answer, views, shows };
  };
  afterEach(async () => {
    for (const site of sites.splice(0)) await site.close();
  });

  it("is three files, for itself alone, with no way for a foreign script or frame", async () => {
    const site = await open();
    for (const [path, type, content] of [
      ["/", "text/html", "<h1 id="],
      ["/live.js", "text/javascript", "EventSource"],
      ["/live.css?v=1", "text/css", "prefers-color-scheme: dark"],
    ] as const) {
      const { status, headers, body } = await get(site, path);
      expect(status, path).to.equal(200);
      expect(headers["content-type"]).to.contain(type);
      expect(headers["content-security-policy"])
        .to.contain("default-src 'none'")
        .and.to.contain("frame-ancestors 'none'");
      expect(headers).to.include({
        "x-frame-options": "DENY",
        "cross-origin-resource-policy": "same-origin",
      });
      expect(headers).not.to.have.property("access-control-allow-origin");
      expect(body).to.contain(content);
    }
    expect((await get(site, "/metrics")).body).to.equal("up 1\n");
    expect((await get(site, "/../package.json")).status).to.equal(404);
    expect((await get(site, "/view", {}, "POST")).status).to.equal(404);
  });

  it("sends the view as JSON, and each later one to those who watch", async () => {
    const site = await open();
    const now = Date.now();
    const { status, body } = await get(site, "/view");
    expect(status).to.equal(200);
    expect(JSON.parse(body)).to.include({ format: 1, unit: "runners/0" });
    const { views, shows, answer } = await watch(site);
    await shows(({ sections }) => sections.length === 7);
    site.show(busyUnit(now).status);
    await shows(({ summary }) => summary.startsWith("8 of 10 runners"));
    expect(views[0]?.tone).to.equal("attention");
    answer.destroy();
  });

  it("sends few views for many changes, and the last one", async () => {
    const over = Promise.withResolvers<undefined>();
    // The pause after a view lasts as long as the changes.
    const clock = {
      now: () => 0,
      wait: (delayMs: number, signal: AbortSignal) =>
        delayMs > 1000 ? systemClock.wait(2 ** 30, signal) : over.promise,
    };
    const site = await open({ views: { clock } });
    const { views, shows, answer } = await watch(site);
    await shows(() => true);
    for (let wanted = 1; wanted <= 500; wanted += 1) {
      site.show({ wanted });
      if (wanted % 50 === 0) await new Promise(setImmediate);
    }
    over.resolve(undefined);
    await shows(({ sections }) => JSON.stringify(sections).includes('"value":"500"'));
    expect(views.length).to.be.at.most(3);
    answer.destroy();
  });

  it("refuses pages of another origin, by their names and by what browsers say of them", async () => {
    const site = await open();
    const own = `http://localhost:${site.port}`;
    const refused: readonly Readonly<Record<string, string>>[] = [
      { host: "evil.example" },
      { host: `evil.example:${site.port}` },
      { origin: "http://evil.example" },
      { origin: "null" },
      { origin: "http://localhost:1" },
      { origin: own.replace("http:", "https:") },
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script" },
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" },
      { "sec-fetch-site": "same-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" },
    ];
    for (const path of ["/", "/view", "/view/events", "/live.js", "/metrics"])
      for (const headers of refused) {
        const { status, headers: answered } = await get(site, path, headers);
        expect(status, `${path} ${JSON.stringify(headers)}`).to.equal(403);
        expect(answered).not.to.have.property("access-control-allow-origin");
      }
    const accepted: readonly Readonly<Record<string, string>>[] = [
      { origin: own },
      { "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" },
      { "sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
    ];
    for (const headers of accepted)
      expect((await get(site, "/", headers)).status, JSON.stringify(headers)).to.equal(200);
  });

  it("has room for 8 who watch, beside which scrapers are served", async () => {
    const site = await open();
    const answers = await Promise.all(Array.from({ length: 12 }, () => call(site, "/view/events")));
    const watching = answers.filter(({ statusCode }) => statusCode === 200);
    expect(watching).to.have.lengthOf(8);
    expect(answers.filter(({ statusCode }) => statusCode === 503)).to.have.lengthOf(4);
    expect((await get(site, "/metrics")).status).to.equal(200);
    watching[0]?.destroy();
    const late = await until(
      "a free seat",
      async () => {
        const answer = await call(site, "/view/events");
        if (answer.statusCode === 200) return answer;
        answer.destroy();
        return undefined;
      },
      soon(),
    );
    for (const answer of [...answers, late]) answer.destroy();
  });

  it("lets those who watch stay beyond the limit of a request, while nothing happens", async () => {
    const site = await open({ endpoint: { limitMs: 500 } });
    const { answer, shows } = await watch(site);
    await shows(() => true);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    site.show({ wanted: 7 });
    await shows(({ sections }) => JSON.stringify(sections).includes('"value":"7"'));
    answer.destroy();
  });

  it("drops one who watches and does not read, and serves the others", async () => {
    const clock = {
      now: () => 0,
      wait: (delayMs: number, signal: AbortSignal) => systemClock.wait(delayMs > 1000 ? 2 ** 30 : 1, signal),
    };
    const site = await open({ views: { clock } });
    const deaf = (await call(site, "/view/events")).pause();
    const closed = new Promise((resolve) => deaf.once("close", resolve));
    const { answer, shows } = await watch(site);
    await shows(() => true);
    const runners = Array.from({ length: 2000 }, (_, index) => ({
      name: `runner-${index}-${"x".repeat(200)}`,
      state: "busy" as const,
      since: 0,
    }));
    for (let wanted = 1; wanted <= 40; wanted += 1) {
      site.show({ runners, wanted });
      await shows(({ sections }) => JSON.stringify(sections).includes(`"value":"${wanted}"`));
    }
    deaf.resume();
    await closed;
    expect(deaf.complete).to.equal(false);
    expect((await get(site, "/view")).status).to.equal(200);
    answer.destroy();
  }).timeout(120_000);

  it("makes no view while nobody watches", async () => {
    let made = 0;
    const site = await open({ views: { takeEvents: () => Promise.resolve(void (made += 1)) } });
    for (let wanted = 1; wanted < 10; wanted += 1) site.show({ wanted });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(made).to.equal(0);
    await Promise.all(Array.from({ length: 50 }, () => site.views.read()));
    expect(made).to.equal(1);
  });
});

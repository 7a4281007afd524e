import { execFileSync } from "node:child_process";
import { chmod, readFile, rename, stat, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { silentLogger, systemClock } from "charm-kit";
import { runService } from "../../src/service/run-service.ts";
import { SocketTakenError } from "../../src/service/service-api.ts";
import { askService, isHealthy, requestRound } from "../../src/unit/ask-service.ts";
import { programIdentity } from "../../src/unit/service-program.ts";
import { encodeSettings, writeSettings } from "../../src/unit/service-settings.ts";
import type { ServiceStatus } from "../../src/unit/service-status.ts";
import { SettingsFile } from "../../src/unit/settings-file.ts";
import { lonelySystem } from "../charm/lonely-system.ts";
import { rejection } from "../support/rejection.ts";
import { until } from "../support/rig/until.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";
import { sampleSettings } from "./sample-settings.ts";
import { soon } from "../support/patience.ts";

const SLUG = "runners-0";

describe("runService()", function () {
  this.timeout(120_000);
  const directory = useTemporaryDirectory();
  let lines: string[] = [];
  let stop: AbortController;
  let running: Promise<unknown>[] = [];
  beforeEach(() => {
    lines = [];
    stop = new AbortController();
    running = [];
  });
  afterEach(async () => {
    stop.abort(new Error("the test is over"));
    await Promise.allSettled(running);
  });

  const data = () => join(directory.path, "data", SLUG);
  const settings = () => join(data(), "service.json");
  const socket = () => join(data(), "service.sock");
  const program = () => join(directory.path, "service.mjs");
  /** A service of a machine without LXD: its settings are paused. */
  const start = (): Promise<void> => {
    const system = { ...lonelySystem(directory.path), clock: systemClock };
    const write = (line: string) => lines.push(line);
    const service = runService({ system, slug: SLUG, program: program(), write }, stop.signal);
    running.push(service.catch(() => undefined));
    return service;
  };
  const paused = (revision: number) => sampleSettings({ revision, paused: "path: missing" });
  const shows = async (what: string, test: (status: ServiceStatus) => boolean) => {
    const isSo = async () => {
      const shown = await askService(socket(), stop.signal);
      return shown !== undefined && test(shown);
    };
    await until(what, isSo, soon());
  };
  const said = (pattern: RegExp) =>
    until(String(pattern), () => Promise.resolve(lines.some((line) => pattern.test(line))), soon());

  beforeEach(async () => {
    await writeFile(program(), "// a version");
    await writeSettings(settings(), paused(1));
  });

  it("keeps its settings while the file is half written, of a newer version, or open to others, and says so", async () => {
    const service = start();
    await shows("the settings", ({ revision }) => revision === 1);
    const text = encodeSettings(paused(2));
    const newer = text.replace(/"schema":(\d+)/, (_match, schema) => `"schema":${Number(schema) + 1}`);
    for (const [content, mode, told] of [
      [text.slice(0, text.length / 2), 0o600, /is damaged/],
      [newer, 0o600, /has format \d+, and this version reads \d+/],
      [text, 0o644, /is not for root alone/],
    ] as const) {
      await writeFile(`${settings()}.new`, content, { mode });
      await chmod(`${settings()}.new`, mode);
      await rename(`${settings()}.new`, settings());
      await shows("the fault", ({ settingsFault = "" }) => told.test(settingsFault));
      await said(new RegExp(`WARNING Cannot apply settings.*${told.source}`));
      const shown = await askService(socket(), stop.signal);
      expect(shown).to.include({ revision: 1, unit: "runners/0" });
      expect(shown && isHealthy(shown, Date.now())).to.equal(false);
    }
    expect(lines.join("\n")).not.to.include("the-token");
    await writeSettings(settings(), paused(3));
    await shows(
      "newer settings",
      ({ revision, settingsFault }) => revision === 3 && settingsFault === undefined,
    );
    stop.abort(new Error("stop"));
    await service;
  });

  it("applies changed settings within 100 ms", async () => {
    void start();
    await shows("the settings", ({ revision }) => revision === 1);
    const tookMs: number[] = [];
    for (let next = 2; next <= 12; next += 1) {
      await writeSettings(settings(), paused(next));
      const writtenAt = performance.now();
      while ((await askService(socket(), stop.signal))?.revision !== next) await sleep(2);
      tookMs.push(performance.now() - writtenAt);
    }
    // Some of them may come while the machine is busy with something else.
    expect(Math.min(...tookMs), tookMs.join()).to.be.below(100);
  });

  it("streams each change to readers of events: settings in force, and why later ones are not", async () => {
    const service = start();
    await shows("the settings", ({ revision }) => revision === 1);
    const seen: ServiceStatus[] = [];
    const call = request({ socketPath: socket(), path: "/events", signal: stop.signal }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("error", () => undefined);
      answer.on("data", (chunk: string) => {
        const events = (text + chunk).split("\n\n");
        text = events.pop() ?? "";
        for (const event of events) seen.push(JSON.parse(event.replace(/^data: /, "")) as ServiceStatus);
      });
    });
    call.on("error", () => undefined).end();
    const streamed = (what: string, test: (status: ServiceStatus) => boolean) =>
      until(what, () => Promise.resolve(seen.some(test)), soon());
    await streamed("the present status", ({ revision }) => revision === 1);
    await writeSettings(settings(), paused(2));
    await streamed("the new settings", ({ revision }) => revision === 2);
    await writeFile(settings(), "{}");
    await streamed("the fault", ({ settingsFault = "" }) => settingsFault.includes("is damaged"));
    // In order, and each once.
    expect(seen.map(({ revision = 0 }) => revision)).to.deep.equal(
      seen.map(({ revision = 0 }) => revision).sort(),
    );
    expect(new Set(seen.map((status) => JSON.stringify(status))).size).to.equal(seen.length);
    stop.abort(new Error("stop"));
    await service;
  });

  it("fails beside another service of the unit, which goes on", async () => {
    void start();
    await shows("the settings", ({ revision }) => revision === 1);
    const before = await askService(socket(), stop.signal);
    const thrown = await rejection(start());
    expect(thrown).to.be.instanceOf(SocketTakenError);
    expect(thrown.message).to.match(/another runner service of this unit is at work; stop it$/);
    const after = await askService(socket(), stop.signal);
    expect(after?.startedAt).to.equal(before?.startedAt);
  });

  it("ends with a word at its next round when an upgrade has put another program in its place", async () => {
    const service = start();
    await shows("the settings", ({ revision }) => revision === 1);
    const old = await askService(socket(), stop.signal);
    await writeFile(`${program()}.new`, "// another version");
    await rename(`${program()}.new`, program());
    // What a hook compares, before it starts the service anew.
    expect(await programIdentity(program())).not.to.equal(old?.program);
    await requestRound(socket(), stop.signal);
    await service;
    expect(lines.join("\n")).to.include("A newer program has replaced this one; starting it");
    expect(await askService(socket(), stop.signal)).to.equal(undefined);
  });

  it("goes on where the unit's disk is full, loses its settings rather than keep old ones, and gets them back", async function () {
    if (process.getuid?.() !== 0) this.skip();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k,mode=700", "service-test", data()]);
    try {
      await writeSettings(settings(), paused(1));
      void start();
      await shows("the settings", ({ revision }) => revision === 1);
      const fill = join(data(), "others");
      await writeFile(fill, Buffer.alloc(1024 * 1024)).catch(() => undefined);
      const file = new SettingsFile({
        path: settings(),
        clock: systemClock,
        log: silentLogger,
        redactor: { scrub: (text) => text },
      });
      const lack = await file.publish({ ...paused(2), paused: "labels: wrong" });
      expect(lack).to.match(/^the runner service has no settings, and hooks replace used runners: .*ENOSPC/);
      await shows("no settings", ({ activity }) => activity.state === "without settings");
      await said(/Cannot apply settings.*does not exist/);
      await writeFile(fill, "");
      expect(await file.publish({ ...paused(2), paused: "labels: wrong" })).to.equal(undefined);
      await shows(
        "the settings",
        ({ activity }) => activity.state === "paused" && activity.reason === "labels: wrong",
      );
      expect((await stat(settings())).mode & 0o777).to.equal(0o600);
      expect(await readFile(settings(), "utf8")).to.include("labels: wrong");
    } finally {
      stop.abort(new Error("stop"));
      await Promise.allSettled(running);
      execFileSync("umount", [data()]);
    }
  });
});

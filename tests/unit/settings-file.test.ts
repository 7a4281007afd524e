import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { createLogger, Redactor, systemClock, type Clock } from "charm-kit";
import { type publishSettings, readSettings } from "../../src/unit/service-settings.ts";
import { SettingsFile, SettingsStuckError, type SettingsFileOptions } from "../../src/unit/settings-file.ts";
import { sampleSettings } from "../service/sample-settings.ts";
import { rejection } from "../support/rejection.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

describe("SettingsFile", () => {
  const directory = useTemporaryDirectory();
  const path = () => join(directory.path, "unit", "service.json");
  let lines: string[] = [];
  let now = 1_700_000_000_000;
  const clock: Clock = { ...systemClock, now: () => now };
  const redactor = new Redactor();
  redactor.add("a-secret-value");
  const open = (change: Partial<SettingsFileOptions> = {}) =>
    new SettingsFile({
      path: path(),
      clock,
      log: createLogger(
        (level, line) => void lines.push(`${level} ${line}`),
        (text) => text,
      ),
      redactor,
      ...change,
    });
  const full: typeof publishSettings = () =>
    Promise.reject(Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }));
  const settings = sampleSettings();
  const other = {
    ...settings,
    integrations: { ...settings.integrations, debugSshHosts: [] },
    refreshCommand: ["/x"],
  };

  beforeEach(() => {
    lines = [];
  });

  it("publish() puts settings in force, and writes nothing for the same ones", async () => {
    expect(await open().publish(settings)).to.equal(undefined);
    const first = await readFile(path(), "utf8");
    now += 1000;
    await open().publish(settings);
    expect(await readFile(path(), "utf8")).to.equal(first);
    await open().publish(other);
    expect((await readSettings(path())).refreshCommand).to.deep.equal(["/x"]);
  });

  it("publish() lets revisions grow when the clock is set back", async () => {
    await open().publish(settings);
    const { revision } = await readSettings(path());
    now -= 86_400_000;
    await open().publish(other);
    expect((await readSettings(path())).revision).to.equal(revision + 1);
  });

  it("publish() withdraws earlier settings when the disk is full, and tells so", async () => {
    await open().publish(settings);
    const lack = await open({ publish: full }).publish(other);
    expect(lack).to.equal(
      "the runner service has no settings, and hooks replace used runners: ENOSPC: no space left on device, write",
    );
    expect(existsSync(path())).to.equal(false);
    expect(lines.join("\n")).to.match(/^WARNING The runner service has no settings reason=.*ENOSPC/);
  });

  it("publish() is refused where earlier settings can neither be replaced nor deleted", async () => {
    // No file: nothing can be renamed to its place, and nothing unlinks it.
    await mkdir(join(path(), "x"), { recursive: true });
    const thrown = await rejection(open().publish(settings));
    expect(thrown).to.be.instanceOf(SettingsStuckError);
    expect(thrown.message).to.include(path());
  });

  it("pause() keeps the settings, and writes the reason without secrets", async () => {
    await open().publish(settings);
    await open().pause("the value a-secret-value is not valid");
    const { paused, setup } = await readSettings(path());
    expect(paused).to.equal("the value [redacted] is not valid");
    expect(setup.configuration.count).to.equal(settings.setup.configuration.count);
  });

  it("pause() withdraws settings that are damaged: the service may have them in mind", async () => {
    await open().publish(settings);
    await writeFile(path(), (await readFile(path(), "utf8")).slice(0, 100));
    await open().pause("the options are not valid");
    expect(existsSync(path())).to.equal(false);
    await open().pause("the options are not valid");
    expect(existsSync(path())).to.equal(false);
  });

  it("pause() withdraws the settings when the disk is full", async () => {
    await open().publish(settings);
    await open({ publish: full }).pause("the options are not valid");
    expect(existsSync(path())).to.equal(false);
  });

  it("resume() publishes the last settings again, with a newer revision", async () => {
    const file = open();
    await file.publish(settings);
    const { revision } = await readSettings(path());
    await file.pause("the machine is about to restart");
    await file.resume();
    const resumed = await readSettings(path());
    expect(resumed.paused).to.equal(undefined);
    expect(resumed.revision).to.be.greaterThan(revision);
  });

  it("resume() does nothing before anything was published", async () => {
    await rm(dirname(path()), { recursive: true, force: true });
    await open().resume();
    expect(existsSync(path())).to.equal(false);
  });
});

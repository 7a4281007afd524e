import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { configHashOf } from "../../src/unit/config-hash.ts";
import {
  decodeSettings,
  encodeSettings,
  readSettings,
  ServiceSettingsError,
  writeSettings,
  type ServiceSettings,
} from "../../src/unit/service-settings.ts";
import { rejection } from "../support/rejection.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";
import { sampleSettings } from "./sample-settings.ts";

const hashOf = ({ setup, integrations }: ServiceSettings) =>
  configHashOf({ ...setup, integrations, labels: ["a"], template: "t", profiles: ["p"] });

describe("the settings of the runner service", () => {
  const directory = useTemporaryDirectory();
  const path = () => join(directory.path, "unit", "service.json");
  const faultOf = async () => {
    const thrown = await rejection(readSettings(path()));
    expect(thrown).to.be.instanceOf(ServiceSettingsError);
    expect(thrown.message).not.to.include("the-token");
    return thrown instanceof ServiceSettingsError ? thrown.fault : "";
  };

  it("arrive as they were written, with secrets and networks, and give the same configuration hash", async () => {
    const written = sampleSettings();
    await writeSettings(path(), written);
    const read = await readSettings(path());
    expect(encodeSettings(read)).to.equal(encodeSettings(written));
    expect(hashOf(read)).to.equal(hashOf(written));
    const { credentials, configuration } = read.setup;
    expect(credentials.by === "token" && credentials.token.reveal()).to.equal("the-token");
    expect(configuration.denylist).to.deep.equal(written.setup.configuration.denylist);
  });

  it("are for root alone, below a directory for root alone", async () => {
    await writeSettings(path(), sampleSettings());
    expect((await stat(path())).mode & 0o777).to.equal(0o600);
    expect((await stat(join(path(), ".."))).mode & 0o777).to.equal(0o700);
  });

  it("are refused when others may read them", async () => {
    await writeSettings(path(), sampleSettings());
    await chmod(path(), 0o644);
    expect(await faultOf()).to.equal("open to others");
  });

  it("are refused when they are missing, cut short, changed, or of another version", async () => {
    expect(await faultOf()).to.equal("missing");
    await writeSettings(path(), sampleSettings());
    const text = await readFile(path(), "utf8");
    for (const [changed, fault] of [
      ["", "damaged"],
      ["{}\n{}\n", "damaged"],
      [text.slice(0, -20), "damaged"],
      [text.replace('"count":2', '"count":9'), "damaged"],
      [text.replace('"schema":3', '"schema":2'), "of another version"],
    ] as const) {
      await writeFile(path(), changed);
      expect(await faultOf(), JSON.stringify(changed.slice(0, 30))).to.equal(fault);
    }
  });

  it("can be cut anywhere without being taken for whole ones", () => {
    const text = encodeSettings(sampleSettings());
    for (let length = 0; length < text.length - 1; length += 1) {
      expect(() => decodeSettings("/x", text.slice(0, length))).to.throw(ServiceSettingsError);
    }
  });
});

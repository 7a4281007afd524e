import { expect } from "chai";
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunProcess } from "charm-kit";
import { HOST_PATHS } from "../../src/host/host-paths.ts";
import { Mounts } from "../../src/host/mounts.ts";
import { StorageUnit } from "../../src/host/storage-unit.ts";
import { rejection } from "../support/rejection.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

const NAME = "github-runner-runners-0-storage.service";
const STORAGE = { file: "/storage/juju/runners-0.img", mount: "/var/pool", storage: "/storage/juju" };
const signal = new AbortController().signal;

describe("StorageUnit", () => {
  const directory = useTemporaryDirectory();
  const path = (name: string) => join(directory.path, name);
  let commands: string[];
  let broken: string | undefined;
  beforeEach(() => {
    commands = [];
    broken = undefined;
    writeFileSync(path("booted"), "");
  });

  const run: RunProcess = ([, verb = "", ...words]) => {
    commands.push(verb);
    if (verb === broken) return Promise.reject(new Error("killed"));
    if (verb === "enable") {
      mkdirSync(path("units/multi-user.target.wants"), { recursive: true });
      const link = path(`units/multi-user.target.wants/${words.at(-1) ?? ""}`);
      if (!existsSync(link)) symlinkSync(path(`units/${NAME}`), link);
    }
    return Promise.resolve({ exitCode: 0, stdout: "", stderr: "" });
  };
  const unit = () =>
    new StorageUnit(
      { units: path("units"), booted: path("booted") },
      new Mounts(HOST_PATHS, run),
      "runners-0",
    );

  it("writes and enables the unit once", async () => {
    await unit().ensure(STORAGE, signal);
    await unit().ensure(STORAGE, signal);
    expect(commands).to.deep.equal(["daemon-reload", "enable"]);
    expect(readdirSync(path("units")).sort()).to.deep.equal([NAME, "multi-user.target.wants"].sort());
  });

  for (const step of ["daemon-reload", "enable"]) {
    it(`enables the unit the next time when a process was killed at ${step}`, async () => {
      broken = step;
      await rejection(unit().ensure(STORAGE, signal));
      broken = undefined;
      await unit().ensure(STORAGE, signal);
      expect(existsSync(path(`units/multi-user.target.wants/${NAME}`))).to.equal(true);
    });
  }

  it("writes the unit again when its storage is another one", async () => {
    await unit().ensure(STORAGE, signal);
    commands = [];
    await unit().ensure({ ...STORAGE, mount: "/var/other" }, signal);
    expect(commands).to.include("daemon-reload");
  });
});

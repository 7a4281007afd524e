import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { listCapsules, openCapsule } from "../../src/unit/capsules.ts";
import { RunnerUnknownError } from "../../src/unit/collect-logs.ts";
import { rejection } from "../support/rejection.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

describe("capsules", () => {
  const directory = useTemporaryDirectory();
  const shelf = () => ({ directory: directory.path, owns: (name: string) => name.startsWith("a-0-") });
  const put = async (runner: string, report: unknown, files: Readonly<Record<string, string>> = {}) => {
    const path = join(directory.path, runner);
    await mkdir(path);
    await writeFile(join(path, "report.json"), typeof report === "string" ? report : JSON.stringify(report));
    for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content);
  };

  it("are listed, the newest first, without those of others, damaged ones and logs without a report", async () => {
    await put("a-0-1", { cause: "first", at: 1 });
    await put("a-0-2", { cause: "second", at: 2 });
    await put("b-0-1", { cause: "not ours", at: 3 });
    for (const [index, report] of ["{", "[]", '{"cause":1,"at":1}', '{"cause":"x","at":1e99}'].entries())
      await put(`a-0-bad${index}`, report);
    await mkdir(join(directory.path, "a-0-logs"));
    await mkdir(join(directory.path, "a-0-dir", "report.json"), { recursive: true });
    await put("a-0-huge", `{"cause":"${"x".repeat(300_000)}","at":9}`);
    expect(await listCapsules(shelf())).to.deep.equal([
      { runner: "a-0-2", cause: "second", at: 2 },
      { runner: "a-0-1", cause: "first", at: 1 },
    ]);
  });

  it("are an empty list where there is no directory", async () => {
    expect(await listCapsules({ ...shelf(), directory: join(directory.path, "none") })).to.deep.equal([]);
  });

  it("show the end of a file, without control characters", async () => {
    const log = `start ${"x".repeat(100_000)}\n\tend \u001b[31m\u0000\u202e\n`;
    await put("a-0-1", { cause: "it broke", at: 1 }, { "console.log": log });
    const { files, content, report, path } = await openCapsule(shelf(), "a-0-1", "console.log");
    expect(path).to.equal(join(directory.path, "a-0-1"));
    expect(files).to.deep.equal(["console.log", "report.json"]);
    expect(content)
      .to.have.length(64 * 1024 - 2)
      .and.match(/x\n\tend \?\[31m\?\?\n$/);
    expect(JSON.parse(report)).to.deep.equal({ cause: "it broke", at: 1 });
  });

  for (const file of ["../../etc/shadow", "/etc/shadow", "nothing.log", ""]) {
    it(`show nothing for the file ${JSON.stringify(file)}`, async () => {
      await put("a-0-1", { cause: "it broke", at: 1 });
      expect((await openCapsule(shelf(), "a-0-1", file)).content).to.equal("");
    });
  }

  for (const name of ["a-0-2", "../etc", "b-0-1", ""]) {
    it(`are refused for ${JSON.stringify(name)}, and the known ones are named`, async () => {
      await put("a-0-1", { cause: "it broke", at: 1 });
      await put("b-0-1", { cause: "not ours", at: 1 });
      const thrown = await rejection(openCapsule(shelf(), name, "console.log"));
      expect(thrown).to.be.instanceOf(RunnerUnknownError);
      expect(thrown.message).to.match(/^Cannot show the capsule of .*; it has a-0-1$/);
    });
  }
});

import { mkdir, readFile, rename, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "chai";
import { EventLog, MetricsLogError } from "../../src/metrics/event-log.ts";
import type { RunnerInstalled } from "../../src/metrics/metric-event.ts";
import { rejection } from "../support/rejection.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

function installed(duration: number, flavor = "app"): RunnerInstalled {
  return { timestamp: 1000.5, event: "runner_installed", flavor, duration };
}

describe("EventLog", () => {
  const directory = useTemporaryDirectory();
  const path = () => join(directory.path, "metrics.log");
  const lines = async () => (await readFile(path(), "utf8")).split("\n");

  it("appends a line of JSON for each event, in a file that log collectors can read", async () => {
    await new EventLog(path()).append([installed(1), installed(2)]);
    await new EventLog(path()).append([installed(3)]);
    expect(await lines()).to.deep.equal([
      '{"timestamp":1000.5,"event":"runner_installed","flavor":"app","duration":1}',
      '{"timestamp":1000.5,"event":"runner_installed","flavor":"app","duration":2}',
      '{"timestamp":1000.5,"event":"runner_installed","flavor":"app","duration":3}',
      "",
    ]);
    expect((await stat(path())).mode & 0o777).to.equal(0o644);
  });

  it("does not touch the file when there is nothing to tell", async () => {
    await new EventLog(path()).append([]);
    expect(await stat(path()).catch(() => "none")).to.equal("none");
  });

  it("keeps the lines of several processes whole", async () => {
    const program = `
      import { EventLog } from ${JSON.stringify(join(import.meta.dirname, "../../src/metrics/event-log.ts"))};
      const log = new EventLog(process.argv[1]);
      for (let n = 0; n < 200; n++) await log.append([{ event: "x", flavor: process.argv[2].repeat(900), n }]);
    `;
    const run = (letter: string) =>
      promisify(execFile)(process.execPath, ["--input-type=module", "-e", program, path(), letter]);
    await Promise.all(["a", "b", "c"].map(run));
    const written = (await lines()).filter((line) => line !== "").map((line) => JSON.parse(line) as object);
    expect(written).to.have.lengthOf(600);
  });

  it("goes on in the file that a rotation puts in the place of the old one", async () => {
    const log = new EventLog(path());
    await log.append([installed(1)]);
    await rename(path(), `${path()}.1`);
    await log.append([installed(2)]);
    expect(await lines()).to.have.lengthOf(2);
  });

  it("begins a new line after half of one that a full disk has left", async () => {
    await writeFile(path(), '{"timestamp":1,"event":"runner_st');
    await new EventLog(path()).append([installed(1), installed(2)]);
    const [half, ...whole] = await lines();
    expect(half).to.equal('{"timestamp":1,"event":"runner_st');
    expect(whole.slice(0, 2).map((line) => (JSON.parse(line) as RunnerInstalled).duration)).to.deep.equal([
      1, 2,
    ]);
  });

  it("says which file cannot be written", async () => {
    await mkdir(path());
    const error = await rejection(new EventLog(path()).append([installed(1)]));
    expect(error).to.be.instanceOf(MetricsLogError);
    expect(error.message).to.match(/^Cannot append to '.*metrics.log': .*EISDIR/);
  });

  it("does not follow a link to another file", async () => {
    await writeFile(join(directory.path, "other"), "");
    await symlink("other", path());
    expect(await rejection(new EventLog(path()).append([installed(1)]))).to.be.instanceOf(MetricsLogError);
    expect(await readFile(join(directory.path, "other"), "utf8")).to.equal("");
  });
});

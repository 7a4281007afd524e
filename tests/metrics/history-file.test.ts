import { appendFile, mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { HistoryFile } from "../../src/metrics/history-file.ts";
import type { LifeMoment } from "../../src/runners/ports.ts";
import { rejection } from "../support/rejection.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

describe("HistoryFile", () => {
  const directory = useTemporaryDirectory();
  const path = () => join(directory.path, "unit", "history.jsonl");
  const history = () => new HistoryFile(path());
  const online = (runner: string, at = 1): LifeMoment => ({ event: "online", seconds: 2, runner, at });

  it("gives back what was added, in order, to another process too", async () => {
    const job = {
      event: "job",
      repository: "a/b",
      workflow: "CI \n\u0007",
      runId: 7,
      runner: "r",
      at: 2,
    } as const;
    await history().add([online("r"), job]);
    await history().add([{ event: "removing", runner: "r", at: 3 }]);
    expect(await history().read()).to.deep.equal([
      online("r"),
      job,
      { event: "removing", runner: "r", at: 3 },
    ]);
    expect((await stat(path())).mode & 0o777).to.equal(0o600);
  });

  it("is empty before anything is added", async () => {
    expect(await history().read()).to.deep.equal([]);
    await history().add([]);
    expect(await history().read()).to.deep.equal([]);
  });

  it("skips lines that are damaged, cut short or of another version", async () => {
    await history().add([online("a")]);
    const lines = ["{", "null", "[]", '{"runner":"x"}', '{"runner":"x","at":1e99,"event":"removing"}'];
    const more = [
      '{"runner":"x","at":1,"event":"toString"}',
      '{"runner":"x","at":1,"event":"job"}',
      '{"runner":"x","at":1,"ev',
    ];
    await appendFile(path(), [...lines, ...more].join("\n"));
    await history().add([online("b")]);
    expect((await history().read()).map(({ runner }) => runner)).to.deep.equal(["a", "b"]);
  });

  it("forgets the oldest, and never takes more than two files of a little over 1 MiB", async () => {
    const reason = "x".repeat(100_000);
    for (let made = 0; made < 6000; made += 500) {
      const moments = Array.from({ length: 500 }, (_, index) => ({
        ...({ event: "failed", reason, at: made + index } as const),
        runner: `r${made + index}`,
      }));
      await history().add(moments);
    }
    const sizes = await Promise.all([path(), `${path()}.1`].map(async (file) => (await stat(file)).size));
    for (const size of sizes) expect(size).to.be.below(1.5 * 2 ** 20);
    const kept = await history().read();
    expect(kept.at(-1)?.runner).to.equal("r5999");
    expect(kept.length).to.be.within(1000, 5000);
    expect(kept.map(({ at }) => at)).to.deep.equal(
      kept.map(({ at }) => at).sort((left, right) => left - right),
    );
  });

  it("follows no link, and tells that it cannot be written", async () => {
    await mkdir(join(directory.path, "unit"));
    await writeFile(join(directory.path, "victim"), "");
    await symlink(join(directory.path, "victim"), path());
    expect(await rejection(history().add([online("r")]))).to.have.property("code", "ELOOP");
    expect(await readFile(join(directory.path, "victim"), "utf8")).to.equal("");
  });
});

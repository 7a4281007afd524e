import { chmod, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { createLogger, silentLogger, systemClock, type Clock, writeFileAtomically } from "charm-kit";
import { watchFile, type WatchFileOptions } from "../../src/service/watch-file.ts";
import { rejection } from "../support/rejection.ts";
import { until } from "../support/rig/until.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";
import { soon } from "../support/patience.ts";

describe("watchFile()", () => {
  const temporary = useTemporaryDirectory();
  const path = () => join(temporary.path, "unit", "service.json");
  /** Pauses between two looks at the file, as far as they have begun. */
  let pauses = 0;
  /** Waits for nothing while the kernel tells of changes; its clock stands still. */
  const still: Clock = {
    now: () => 0,
    wait: (_delayMs, signal) =>
      new Promise((_resolve, reject) => {
        pauses += 1;
        signal.addEventListener("abort", () => {
          reject(signal.reason as Error);
        });
      }),
  };
  /** Pauses end at once. */
  const hasty: Clock = {
    now: () => 0,
    wait: (_delayMs, signal) => {
      pauses += 1;
      return systemClock.wait(5, signal);
    },
  };
  let ended: AbortController;
  let running: Promise<unknown>;
  let changes = 0;

  /** Resolves after the first look at the file, before which a write is no change. */
  const start = async (change: Partial<WatchFileOptions> = {}) => {
    changes = 0;
    pauses = 0;
    ended = new AbortController();
    const options = { path: path(), onChange: () => void (changes += 1), clock: still, log: silentLogger };
    running = rejection(watchFile({ ...options, ...change }, ended.signal));
    await paused(1);
  };
  const paused = (count: number) => until(`${count} pauses`, () => Promise.resolve(pauses >= count), soon());
  const changed = async (work: () => Promise<void>) => {
    const before = changes;
    await work();
    await until("a change", () => Promise.resolve(changes > before), soon());
  };

  beforeEach(async () => {
    await mkdir(dirname(path()), { recursive: true });
  });
  afterEach(async () => {
    ended.abort(new Error("over"));
    expect(await running).to.include({ message: "over" });
    await rm(dirname(path()), { recursive: true, force: true });
  });

  it("tells by the kernel's events of a write, a replacement, a change of the mode and an end", async () => {
    await start();
    await changed(() => writeFile(path(), "one"));
    await changed(() => writeFileAtomically(path(), "two", { mode: 0o600 }));
    await changed(() => chmod(path(), 0o644));
    await changed(() => rm(path()));
  });

  it("tells nothing of other files, nor of a file that stays as it is", async () => {
    await writeFile(path(), "one");
    await start({ clock: hasty });
    await writeFile(join(dirname(path()), "other.json"), "x");
    await paused(pauses + 5);
    expect(changes).to.equal(0);
  });

  it("follows a directory that comes later, and one that takes the place of another", async () => {
    await rm(dirname(path()), { recursive: true });
    await start({ clock: hasty });
    await changed(async () => {
      await mkdir(dirname(path()));
      await writeFile(path(), "one");
    });
    await changed(async () => {
      await rename(dirname(path()), `${dirname(path())}-old`);
      await mkdir(dirname(path()));
      await writeFile(path(), "two");
    });
    await changed(() => writeFile(path(), "three"));
    await rm(`${dirname(path())}-old`, { recursive: true });
  });

  for (const code of ["EMFILE", "ENOSPC", "EACCES", "EIO", "ERR_UNKNOWN"]) {
    it(`looks by the clock while the kernel refuses by ${code}, and says so once`, async () => {
      const lines: string[] = [];
      const log = createLogger(
        (level, line) => void lines.push(`${level} ${line}`),
        (text) => text,
      );
      let attempts = 0;
      await start({
        clock: hasty,
        log,
        follow: () => {
          attempts += 1;
          throw Object.assign(new Error(`${code}: no more watches`), { code });
        },
      });
      await changed(() => writeFile(path(), "one"));
      await changed(() => rm(path()));
      await until("more attempts", () => Promise.resolve(attempts > 3), soon());
      expect(lines).to.have.length(1);
      expect(lines[0]).to.match(new RegExp(`^WARNING Cannot watch a file; polling it.*${code}`));
    });
  }
});

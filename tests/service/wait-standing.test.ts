import { expect } from "chai";
import { createLogger, silentLogger, type Logger } from "charm-kit";
import type { Standing } from "../../src/metrics/standing.ts";
import { WaitStanding } from "../../src/service/wait-standing.ts";

const clock = { now: () => Date.parse("2026-11-20T00:00:00Z"), wait: () => Promise.resolve() };

describe("WaitStanding", () => {
  let kept: Standing | null;
  let writes: number;
  let fault: Error | undefined;
  const open = (log: Logger = silentLogger) =>
    new WaitStanding({
      record: {
        read: () => Promise.resolve(kept),
        write: (standing) => {
          if (fault) return Promise.reject(fault);
          kept = standing;
          writes += 1;
          return Promise.resolve();
        },
      },
      clock,
      log,
    });
  beforeEach(() => {
    kept = null;
    writes = 0;
    fault = undefined;
  });

  it("keeps what is added side by side, and goes on where an earlier process ended", async () => {
    const first = open();
    first.add([500, 12_000]);
    first.add([9999]);
    first.add([]);
    await first.settled;
    expect(kept?.wait).to.deep.equal({ good: 2, total: 3 });
    expect(writes).to.equal(2);
    const second = open();
    second.add([10_000]);
    await second.settled;
    expect(kept).to.deep.include({ month: "2026-11", wait: { good: 3, total: 4 } });
  });

  it("only logs what it cannot keep, and keeps what comes later", async () => {
    const lines: string[] = [];
    const standing = open(
      createLogger(
        (_level, line) => lines.push(line),
        (line) => line,
      ),
    );
    fault = new Error("ENOSPC");
    standing.add([1]);
    await standing.settled;
    expect(lines.join()).to.contain("ENOSPC");
    fault = undefined;
    standing.add([1]);
    await standing.settled;
    expect(kept?.wait).to.deep.equal({ good: 1, total: 1 });
  });
});

import { expect } from "chai";
import { createLogger } from "charm-kit";
import { BestEffortRecord } from "../../src/host/best-effort-record.ts";

describe("BestEffortRecord", () => {
  let stored: number | null;
  let isFull: boolean;
  let lines: string[];
  const log = createLogger(
    (level, text) => lines.push(`${level} ${text}`),
    (text) => text,
  );
  let record: BestEffortRecord<number>;

  beforeEach(() => {
    stored = 1;
    isFull = false;
    lines = [];
    record = new BestEffortRecord({
      stored: {
        read: () => Promise.resolve(stored),
        write: (value) => {
          if (isFull) return Promise.reject(new Error("ENOSPC: no space left on device, write"));
          stored = value;
          return Promise.resolve();
        },
      },
      name: "numbers.json",
      log,
    });
  });

  it("is what is stored", async () => {
    expect(await record.read()).to.equal(1);
    await record.write(2);
    expect({ stored, read: await record.read() }).to.deep.equal({ stored: 2, read: 2 });
    expect(lines).to.deep.equal([]);
  });

  it("is what was written last on a full disk, and says once that it is not stored", async () => {
    isFull = true;
    await record.write(2);
    await record.write(null);
    expect({ stored, read: await record.read() }).to.deep.equal({ stored: 1, read: null });
    await record.write(3);
    expect(await record.read()).to.equal(3);
    expect(lines).to.have.lengthOf(1);
    expect(lines[0]).to.match(/^WARNING Cannot store a record.*numbers\.json.*ENOSPC/);
  });

  it("is stored with the next use once there is room, and follows what others store from then on", async () => {
    isFull = true;
    await record.write(2);
    isFull = false;
    expect(await record.read()).to.equal(2);
    expect(stored).to.equal(2);
    stored = 4;
    expect(await record.read()).to.equal(4);
  });
});

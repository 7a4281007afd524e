import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { receiveProgram } from "../../src/guest/receive-program.ts";

const read = (page: string) => readFileSync(join(import.meta.dirname, "../../docs", page), "utf8");

describe("pages about a guest", () => {
  it("tell how long it waits for its payload, and how long a program of the payload may run", () => {
    const [, wait] = /timeout (\d+) cat /.exec(receiveProgram) ?? [];
    const [, run] = /timeout (\d+) "\$1"/.exec(receiveProgram) ?? [];
    const hours = `${Number(wait) / 3600} hours`;
    expect(read("explanation/bootstrap.md")).to.include(`no payload within ${hours}`);
    expect(read("reference/guest.md"))
      .to.include(`waits ${hours} for the payload`)
      .and.include(`at most ${run ?? "no"} seconds`);
  });
});

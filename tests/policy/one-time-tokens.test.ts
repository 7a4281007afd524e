import { readdirSync, readFileSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { OneTimeTokens } from "../../src/policy/one-time-tokens.ts";
import { rejection } from "../support/rejection.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

const HOUR_MS = 3_600_000;

describe("OneTimeTokens", () => {
  const temporary = useTemporaryDirectory();
  let now: number;
  const clock = { now: () => now, wait: () => Promise.resolve() };
  const directory = () => join(temporary.path, "unit", "policy-tokens");
  const open = () => new OneTimeTokens(directory(), clock);
  const issue = async (tokens = open()) => (await tokens.issue()).reveal();

  beforeEach(() => {
    now = Date.now();
  });

  it("are good once", async () => {
    const tokens = open();
    const [one, other] = [await issue(tokens), await issue(tokens)];
    expect(one)
      .to.match(/^[\da-f]{64}$/)
      .and.not.equal(other);
    expect(await tokens.redeem(one)).to.equal(true);
    expect(await tokens.redeem(one)).to.equal(false);
    expect(await tokens.redeem(other)).to.equal(true);
  });

  it("are good for one of all that ask at the same time", async () => {
    const token = await issue();
    const answers = await Promise.all(Array.from({ length: 50 }, () => open().redeem(token)));
    expect(answers.filter(Boolean)).to.have.length(1);
  });

  it("are known to the next process, and to root alone", async () => {
    const token = await issue();
    expect(statSync(directory()).mode & 0o777).to.equal(0o700);
    for (const name of readdirSync(directory())) {
      expect(statSync(join(directory(), name)).mode & 0o777).to.equal(0o600);
      expect(name + readFileSync(join(directory(), name), "utf8")).to.not.contain(token);
    }
    expect(await open().redeem(token)).to.equal(true);
  });

  for (const token of [
    "",
    "x",
    "../../owner",
    "a".repeat(64),
    "A".repeat(64),
    `${"a".repeat(64)}\n`,
    "a".repeat(100_000),
  ]) {
    it(`know nothing of ${JSON.stringify(token.slice(0, 70))}`, async () => {
      await issue();
      expect(await open().redeem(token)).to.equal(false);
      expect(await new OneTimeTokens(join(temporary.path, "nothing"), clock).redeem(token)).to.equal(false);
    });
  }

  it("end after two days, and are deleted then", async () => {
    const [early, late] = [await issue(), await issue()];
    now += 47 * HOUR_MS;
    expect(await open().redeem(early)).to.equal(true);
    now += 2 * HOUR_MS;
    expect(await open().redeem(late)).to.equal(false);
    await issue();
    for (const name of readdirSync(directory())) {
      utimesSync(join(directory(), name), new Date(now - 49 * HOUR_MS), new Date(now - 49 * HOUR_MS));
    }
    await issue();
    expect(readdirSync(directory())).to.have.length(1);
  });

  it("stay good where the clock is set back", async () => {
    const token = await issue();
    now -= 100 * HOUR_MS;
    expect(await open().redeem(token)).to.equal(true);
  });

  it("fail where they cannot be kept, so that no runner gets one in vain", async () => {
    const tokens = new OneTimeTokens(join(process.execPath, "tokens"), clock);
    expect(await rejection(tokens.issue())).to.have.property("code", "ENOTDIR");
  });
});

import { expect } from "chai";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret, silentLogger } from "charm-kit";
import { openRateLimits } from "../../src/unit/rate-limits.ts";

const githubUrl = "https://github.com";
const TOKEN = "ghp_q7JX2mZ0tVw4Rk9sLbYc1uEaNfDgHiPo3S5x";
const limit = { limit: "secondary", resetAt: 2000, learnedAt: 1000 } as const;

describe("openRateLimits()", () => {
  let directory: string;
  const open = (token = TOKEN, url = githubUrl) =>
    openRateLimits(
      directory,
      { githubUrl: url, credentials: { by: "token", token: new Secret(token) } },
      silentLogger,
    );

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "rate-limits-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it("keeps a limit for the next process with the same credentials, and for no other", async () => {
    await open().put(limit);
    expect(await open().get()).to.deep.equal(limit);
    expect(await open("another").get()).to.equal(undefined);
    expect(await open(TOKEN, "https://github.example.org").get()).to.equal(undefined);
  });

  it("keeps the limits of other credentials until they end", async () => {
    await open("another").put({ ...limit, resetAt: 5000 });
    await open("a third").put(limit);
    await open().put({ ...limit, learnedAt: 3000, resetAt: 4000 });
    expect(await open("another").get()).to.have.property("resetAt", 5000);
    expect(await open("a third").get()).to.equal(undefined);
  });

  it("stores no part of a token", async () => {
    await open().put(limit);
    const stored = await readFile(join(directory, "github-limits.json"), "utf8");
    expect(stored).not.to.contain(TOKEN.slice(4, 14));
  });

  it("ignores a damaged file, and replaces it", async () => {
    for (const text of ["{", "[1]", '{"a":{"limit":"other"}}', ""]) {
      await writeFile(join(directory, "github-limits.json"), text);
      expect(await open().get(), text).to.equal(undefined);
      await open().put(limit);
      expect(await open().get(), text).to.deep.equal(limit);
    }
  });
});

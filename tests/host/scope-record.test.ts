import { expect } from "chai";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createLogger } from "charm-kit";
import { ScopeRecord, type ScopeEntry } from "../../src/host/scope-record.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

const TOKEN: ScopeEntry = {
  key: "a1",
  githubUrl: "https://github.com",
  path: "acme/tools",
  credentials: { token: "ghp_secret" },
  leftAt: 1000,
};
const APP: ScopeEntry = {
  key: "b2",
  githubUrl: "https://ghes.example",
  path: "acme",
  credentials: { clientId: "Iv1", installationId: 7, privateKey: "-----BEGIN" },
};

describe("ScopeRecord", () => {
  const directory = useTemporaryDirectory();
  const path = () => join(directory.path, "unit/places.json");
  let lines: string[];
  beforeEach(() => {
    lines = [];
  });
  const log = createLogger(
    (level, line) => lines.push(`${level} ${line}`),
    (text) => text,
  );
  const record = () => new ScopeRecord(path(), log);
  const store = (stored: unknown) => {
    mkdirSync(join(path(), ".."), { recursive: true });
    writeFileSync(path(), typeof stored === "string" ? stored : JSON.stringify(stored));
  };

  it("gives back what was written, and tells nothing", async () => {
    await record().write([TOKEN, APP]);
    expect(await record().read()).to.deep.equal([TOKEN, APP]);
    expect(statSync(path()).mode & 0o777).to.equal(0o600);
    expect(lines).to.deep.equal([]);
  });

  it("leaves no file when nothing is left to remember", async () => {
    await record().write([TOKEN]);
    writeFileSync(`${path()}.${2 ** 22 + 1}-abc~`, "left by a killed process");
    await record().write([]);
    expect(readdirSync(join(path(), ".."))).to.deep.equal([]);
    expect([await record().read(), lines]).to.deep.equal([[], []]);
  });

  it("reads a damaged file as empty, and logs it without any of its content", async () => {
    for (const damage of ["", "{", "null", '"ghp_secret', "{}", '[{"token":"ghp_secret"']) {
      lines = [];
      store(damage);
      expect(await record().read(), damage).to.deep.equal([]);
      expect(lines, damage).to.have.lengthOf(1);
      expect(lines[0], damage)
        .to.match(/^WARNING /)
        .and.include(path())
        .and.not.include("ghp_secret");
    }
  });

  it("skips damaged entries, logs how many, and gives the others", async () => {
    const damaged = [
      1,
      null,
      {},
      { ...TOKEN, key: undefined },
      { ...TOKEN, path: 7 },
      { ...TOKEN, githubUrl: "not an address" },
      { ...TOKEN, leftAt: "yesterday" },
      { ...TOKEN, credentials: undefined },
      { ...TOKEN, credentials: {} },
      { ...TOKEN, credentials: { token: "" } },
      { ...TOKEN, credentials: { token: 5 } },
      { ...APP, credentials: { ...APP.credentials, privateKey: undefined } },
      { ...APP, credentials: { ...APP.credentials, clientId: 5 } },
      { ...APP, credentials: { ...APP.credentials, installationId: "7" } },
    ];
    store([TOKEN, ...damaged, APP]);
    expect(await record().read()).to.deep.equal([TOKEN, APP]);
    expect(lines).to.have.lengthOf(1);
    expect(lines[0]).to.include(`entries=${damaged.length}`);
  });

  it("writes over a damaged file", async () => {
    store("{");
    await record().write([APP]);
    expect(JSON.parse(readFileSync(path(), "utf8"))).to.deep.equal([APP]);
  });
});

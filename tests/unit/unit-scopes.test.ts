import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { UnitScopes, type RegistrationScope } from "../../src/unit/unit-scopes.ts";
import { BadCredentialsError, NotFoundError, UnavailableError } from "../../src/github/errors.ts";
import { ScopeRecord } from "../../src/host/scope-record.ts";
import { FakeForge } from "../runners/fake-forge.ts";
import { FakeSite } from "../runners/fake-site.ts";
import { silentLogger } from "charm-kit";
import { PortCalls } from "../runners/port-calls.ts";

const HOUR_MS = 3_600_000;
const OLD: RegistrationScope = {
  githubUrl: "https://github.com",
  path: "acme/old",
  credentials: { token: "old-token" },
};
const NEW: RegistrationScope = { ...OLD, path: "acme/new", credentials: { token: "new-token" } };

describe("UnitScopes", () => {
  let directory = "";
  let now = 0;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "scopes-"));
    now = 1000;
  });
  afterEach(() => rm(directory, { recursive: true }));

  const path = () => join(directory, "unit/places.json");
  const opened: RegistrationScope[] = [];
  const scopes = (present: RegistrationScope | undefined) =>
    new UnitScopes({
      record: new ScopeRecord(path(), silentLogger),
      present,
      clock: { now: () => now, wait: () => Promise.reject(new Error("nothing waits")) },
      openForge: (scope) => {
        opened.push(scope);
        return new FakeForge(new FakeSite(), new PortCalls());
      },
    });
  const stored = () => readFile(path(), "utf8").catch(() => "");

  it("has no former scope before any was recorded", async () => {
    expect(await scopes(NEW).former()).to.deep.equal([]);
    await scopes(NEW).remember();
    expect(await scopes(NEW).former()).to.deep.equal([]);
  });

  it("gives a scope with the credentials of its time once the configuration names another", async () => {
    await scopes(OLD).remember();
    now += HOUR_MS;
    const later = scopes(NEW);
    await later.remember();
    const [former, ...more] = await later.former();
    expect(more).to.deep.equal([]);
    expect(former).to.include({ key: scopes(OLD).present, leftAt: now });
    expect(opened.at(-1)).to.include({ path: "acme/old" });
    expect(opened.at(-1)?.credentials).to.deep.equal({ token: "old-token" });
  });

  it("reads the record of earlier versions, and has the keys that their instances carry", async () => {
    await mkdir(join(directory, "unit"));
    const entry = {
      githubUrl: "https://github.com",
      path: "acme/old",
      credentials: { token: "t" },
      key: "76961b754e16",
    };
    await writeFile(path(), JSON.stringify([{ leftAt: 500, ...entry }]));
    expect(scopes(OLD).present).to.equal("76961b754e16");
    const [former] = await scopes(NEW).former();
    expect(former).to.include({ key: "76961b754e16", leftAt: 500 });
    await scopes(OLD).remember();
    expect(JSON.parse(await stored())).to.deep.equal([{ ...entry, credentials: { token: "old-token" } }]);
  });

  it("keeps the time at which a scope was left, and forgets it when the unit comes back", async () => {
    await scopes(OLD).remember();
    await scopes(NEW).remember();
    now += HOUR_MS;
    await scopes(NEW).remember();
    expect((await scopes(NEW).former()).map(({ leftAt }) => leftAt)).to.deep.equal([1000]);
    await scopes(OLD).remember();
    expect((await scopes(OLD).former()).map(({ leftAt }) => leftAt)).to.deep.equal([now]);
    expect(await scopes(OLD).former()).to.have.lengthOf(1);
  });

  it("takes another token for the same path as the same scope, and keeps the newer one alone", async () => {
    await scopes(OLD).remember();
    const renewed = { ...OLD, path: "Acme/Old", credentials: { token: "newer-token" } };
    await scopes(renewed).remember();
    expect(await scopes(renewed).former()).to.deep.equal([]);
    expect(await stored())
      .to.include("newer-token")
      .and.not.include("old-token");
  });

  it("tells one GitHub from another", () => {
    expect(scopes({ ...OLD, githubUrl: "https://ghes.example" }).present).to.not.equal(scopes(OLD).present);
  });

  it("treats all scopes as former ones while the configuration is invalid", async () => {
    await scopes(OLD).remember();
    await scopes(NEW).remember();
    const stranded = scopes(undefined);
    expect(stranded.present).to.equal(undefined);
    await stranded.remember();
    expect(await stranded.former()).to.have.lengthOf(2);
  });

  it("removes a forgotten scope and its credentials from the disk", async () => {
    await scopes(OLD).remember();
    await scopes(NEW).remember();
    await scopes(NEW).forget(scopes(OLD).present ?? "");
    expect(await stored()).to.not.include("old-token");
    await scopes(undefined).forget(scopes(NEW).present ?? "");
    expect(await readdir(join(directory, "unit"))).to.deep.equal([]);
  });

  it("keeps credentials where only root can read them", async () => {
    await scopes(OLD).remember();
    expect(((await stat(path())).mode & 0o777).toString(8)).to.equal("600");
    expect(((await stat(join(directory, "unit"))).mode & 0o777).toString(8)).to.equal("700");
  });

  it("writes nothing when nothing has changed", async () => {
    await scopes(OLD).remember();
    const before = await stat(path(), { bigint: true });
    await scopes(OLD).remember();
    expect((await stat(path(), { bigint: true })).mtimeNs).to.equal(before.mtimeNs);
  });

  it("takes a damaged record for none, and what is no entry for nothing", async () => {
    await scopes(OLD).remember();
    for (const damage of ["", "{", "null", "[1, null, {}]"]) {
      await writeFile(path(), damage);
      expect(await scopes(NEW).former()).to.deep.equal([]);
    }
  });

  it("tells refused credentials from a GitHub that is out of reach", async () => {
    await scopes(OLD).remember();
    const [former] = await scopes(NEW).former();
    const refused = [
      new BadCredentialsError("list", { status: 401 }),
      new NotFoundError("list", "acme/old", {}),
    ];
    for (const error of refused) expect(former?.refuses(error)).to.equal(true);
    for (const error of [new UnavailableError("list", "502"), new Error("404"), undefined]) {
      expect(former?.refuses(error)).to.equal(false);
    }
  });
});

import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { UnitScopes, type RegistrationScope } from "../../src/unit/unit-scopes.ts";
import { BadCredentialsError, NotFoundError, UnavailableError } from "../../src/github/errors.ts";
import { FormerScopeError } from "../../src/runners/errors.ts";
import { ScopeRecord } from "../../src/host/scope-record.ts";
import { FakeForge } from "../runners/fake-forge.ts";
import { FakeSite } from "../runners/fake-site.ts";
import { createLogger, silentLogger } from "charm-kit";
import { PortCalls } from "../runners/port-calls.ts";

const HOUR_MS = 3_600_000;
const OLD: RegistrationScope = {
  githubUrl: "https://github.com",
  path: "acme/old",
  credentials: { token: "old-token" },
};
const NEW: RegistrationScope = { ...OLD, path: "acme/new", credentials: { token: "new-token" } };

/** On a full disk. */
class FullRecord extends ScopeRecord {
  override write(): Promise<void> {
    return Promise.reject(new Error("no space left on device"));
  }
}

describe("UnitScopes", () => {
  let directory = "";
  let now = 0;
  beforeEach(async () => {
    lines.length = 0;
    isFull = false;
    directory = await mkdtemp(join(tmpdir(), "scopes-"));
    now = 1000;
    calls = new PortCalls();
  });
  afterEach(() => rm(directory, { recursive: true }));

  const path = () => join(directory, "unit/places.json");
  const opened: RegistrationScope[] = [];
  let calls = new PortCalls();
  const scopes = (present: RegistrationScope | undefined, isLastChance = false) =>
    new UnitScopes({
      isLastChance,
      log: createLogger(
        (level, line) => lines.push(`${level} ${line}`),
        (text) => text,
      ),
      record: isFull ? new FullRecord(path(), silentLogger) : new ScopeRecord(path(), silentLogger),
      present,
      clock: { now: () => now, wait: () => Promise.reject(new Error("nothing waits")) },
      openForge: (scope) => {
        opened.push(scope);
        return new FakeForge(new FakeSite(), calls);
      },
    });
  const lines: string[] = [];
  let isFull = false;
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

  it("needs a former scope as long as the unit has a scale set there", async () => {
    await scopes(OLD).remember();
    await scopes(NEW).remember();
    let known = [{ id: 1, scope: "https://github.com/acme/old", name: "a", groupId: 1, labels: [] }];
    const unit = new UnitScopes({
      record: new ScopeRecord(path(), silentLogger),
      present: NEW,
      clock: { now: () => now, wait: () => Promise.reject(new Error("nothing waits")) },
      openForge: () => new FakeForge(new FakeSite(), calls),
      scaleSets: { read: () => Promise.resolve(known) },
      log: silentLogger,
    });
    expect((await unit.former()).map(({ isNeeded }) => isNeeded)).to.deep.equal([true]);
    known = [];
    expect((await unit.former()).map(({ isNeeded }) => isNeeded)).to.deep.equal([false]);
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

  it("takes a scope for left now when the clock was set back: its credentials would be kept for too long", async () => {
    await scopes(OLD).remember();
    now += 1000 * HOUR_MS;
    await scopes(NEW).remember();
    now -= 1000 * HOUR_MS;
    await scopes(NEW).remember();
    expect((await scopes(NEW).former()).map(({ leftAt }) => leftAt)).to.deep.equal([now]);
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

  describe("while a former GitHub does not answer", () => {
    const MINUTE_MS = 60_000;
    const never = new AbortController().signal;
    const silent = new UnavailableError("list", "502");
    const list = async (unit: UnitScopes) => {
      const [former] = await unit.former();
      return former?.forge.list(never).then(
        () => "listed",
        (thrown: unknown) => thrown,
      );
    };
    beforeEach(async () => {
      await scopes(OLD).remember();
      await scopes(NEW).remember();
      calls.failAll("forge.list", silent);
    });

    it("asks it once in a process, and after growing pauses in others", async () => {
      const asked: number[] = [];
      for (let minute = 0; minute <= 24 * 60; minute += 10) {
        const before = calls.begun;
        const unit = scopes(NEW);
        for (const attempt of [1, 2, 3]) {
          expect(await list(unit), String(attempt)).to.be.instanceOf(Error);
        }
        if (calls.begun > before) asked.push(minute);
        expect(calls.begun - before).to.be.at.most(1);
        now += 10 * MINUTE_MS;
      }
      expect(asked).to.deep.equal([0, 10, 30, 70, 150, 310, 630, 990, 1350]);
    });

    it("tells when it is asked again", async () => {
      await list(scopes(NEW));
      expect(String(await list(scopes(NEW)))).to.contain("asked again after 1970-01-01T00:10:01.000Z");
    });

    it("asks it as usual after an answer, also one that refuses the credentials", async () => {
      const refusing = new PortCalls();
      refusing.failAll("forge.list", new BadCredentialsError("list", { status: 401 }));
      for (const answering of [new PortCalls(), refusing]) {
        calls = new PortCalls();
        calls.failAll("forge.list", silent);
        await list(scopes(NEW));
        now += 24 * HOUR_MS;
        calls = answering;
        await list(scopes(NEW));
        expect(await stored()).to.not.include("silence");
      }
    });

    it("asks it once more when no later process can", async () => {
      await list(scopes(NEW));
      const unit = scopes(NEW, true);
      await list(unit);
      await list(unit);
      expect(calls.begun).to.equal(2);
    });

    it("asks it at once when the clock was set back", async () => {
      now += 48 * HOUR_MS;
      await list(scopes(NEW));
      now -= 48 * HOUR_MS;
      await list(scopes(NEW));
      expect(calls.begun).to.equal(2);
    });

    it("remembers it of several scopes that are asked at once", async () => {
      const third = { ...OLD, path: "acme/third" };
      await scopes(third).remember();
      const former = await scopes(third).former();
      await Promise.allSettled(former.map(({ forge }) => forge.list(never)));
      const entries = JSON.parse(await stored()) as { readonly silence?: unknown }[];
      expect(entries.filter(({ silence }) => silence !== undefined)).to.have.length(2);
    });
  });

  describe("where a former path registers no runner", () => {
    const refused = () =>
      new FormerScopeError("https://github.com/acme/old", {
        cause: new UnavailableError("register runner 'a'", "GitHub answered 422", { status: 422 }),
      });
    const fault = async () => {
      const entries = JSON.parse(await stored()) as { readonly path: string; readonly fault?: object }[];
      return entries.find(({ path: each }) => each === OLD.path)?.fault;
    };
    const former = async () => {
      const [scope] = await scopes(NEW).former();
      if (scope === undefined) throw new Error("there is no former scope");
      return scope;
    };
    beforeEach(async () => {
      await scopes(OLD).remember();
      await scopes(NEW).remember();
      lines.length = 0;
    });

    it("keeps for later processes why, with ever longer pauses, and tells it once", async () => {
      await (await former()).failed(refused());
      expect(await fault()).to.deep.equal({
        ...{ at: "registration", failures: 1, nextTryAt: now + 60_000, reason: "GitHub answered 422" },
      });
      now += 60_000;
      await (await former()).failed(refused());
      expect(await fault()).to.include({ failures: 2, nextTryAt: now + 120_000 });
      expect(lines.filter((line) => line.startsWith("WARNING"))).to.have.length(1);
      expect(lines.join()).to.contain("https://github.com/acme/old").and.contain("GitHub answered 422");
    });

    it("keeps it beside what is known of a GitHub that does not answer, and a new path keeps neither", async () => {
      await (await former()).failed(refused());
      calls.failAll("forge.list", new UnavailableError("list", "no answer"));
      await (await former()).forge.list(new AbortController().signal).catch(() => undefined);
      expect(await stored())
        .to.include("silence")
        .and.include("GitHub answered 422");
      await scopes(OLD).remember();
      expect(await stored()).to.not.include("silence");
      expect(await stored()).to.not.include("GitHub answered 422");
    });

    it("forgets it with the first runner that is made there, and tells that", async () => {
      await (await former()).served();
      expect(lines).to.deep.equal([]);
      await (await former()).failed(refused());
      await (await former()).served();
      expect(await fault()).to.equal(undefined);
      expect(lines.at(-1)).to.contain("get runners again");
    });

    it("knows it all the same where it cannot be stored", async () => {
      isFull = true;
      const scope = await former();
      await scope.failed(refused());
      expect(await fault()).to.equal(undefined);
      expect(lines.join()).to.contain("Cannot store what is wrong with a former path");
      await scope.served();
      expect(lines.join()).to.contain("get runners again");
    });
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

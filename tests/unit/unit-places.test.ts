import { mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { UnitPlaces, type NamedPlace } from "../../src/unit/unit-places.ts";
import { BadCredentialsError, NotFoundError, UnavailableError } from "../../src/github/errors.ts";
import { PlaceRecord } from "../../src/host/place-record.ts";
import { FakeForge } from "../runners/fake-forge.ts";
import { FakeSite } from "../runners/fake-site.ts";
import { silentLogger } from "charm-kit";
import { PortCalls } from "../runners/port-calls.ts";

const HOUR_MS = 3_600_000;
const OLD: NamedPlace = {
  githubUrl: "https://github.com",
  path: "acme/old",
  credentials: { token: "old-token" },
};
const NEW: NamedPlace = { ...OLD, path: "acme/new", credentials: { token: "new-token" } };

describe("UnitPlaces", () => {
  let directory = "";
  let now = 0;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "places-"));
    now = 1000;
  });
  afterEach(() => rm(directory, { recursive: true }));

  const path = () => join(directory, "unit/places.json");
  const opened: NamedPlace[] = [];
  const places = (present: NamedPlace | undefined) =>
    new UnitPlaces({
      record: new PlaceRecord(path(), silentLogger),
      present,
      clock: { now: () => now, wait: () => Promise.reject(new Error("nothing waits")) },
      openForge: (place) => {
        opened.push(place);
        return new FakeForge(new FakeSite(), new PortCalls());
      },
    });
  const stored = () => readFile(path(), "utf8").catch(() => "");

  it("has no former place before any was entered", async () => {
    expect(await places(NEW).former()).to.deep.equal([]);
    await places(NEW).enter();
    expect(await places(NEW).former()).to.deep.equal([]);
  });

  it("gives a place with the credentials of its time once the configuration names another", async () => {
    await places(OLD).enter();
    now += HOUR_MS;
    const later = places(NEW);
    await later.enter();
    const [former, ...more] = await later.former();
    expect(more).to.deep.equal([]);
    expect(former).to.include({ key: places(OLD).present, leftAt: now });
    expect(opened.at(-1)).to.include({ path: "acme/old" });
    expect(opened.at(-1)?.credentials).to.deep.equal({ token: "old-token" });
  });

  it("keeps the time at which a place was left, and forgets it when the unit comes back", async () => {
    await places(OLD).enter();
    await places(NEW).enter();
    now += HOUR_MS;
    await places(NEW).enter();
    expect((await places(NEW).former()).map(({ leftAt }) => leftAt)).to.deep.equal([1000]);
    await places(OLD).enter();
    expect((await places(OLD).former()).map(({ leftAt }) => leftAt)).to.deep.equal([now]);
    expect(await places(OLD).former()).to.have.lengthOf(1);
  });

  it("takes another token for the same path as the same place, and keeps the newer one alone", async () => {
    await places(OLD).enter();
    const renewed = { ...OLD, path: "Acme/Old", credentials: { token: "newer-token" } };
    await places(renewed).enter();
    expect(await places(renewed).former()).to.deep.equal([]);
    expect(await stored())
      .to.include("newer-token")
      .and.not.include("old-token");
  });

  it("tells one GitHub from another", () => {
    expect(places({ ...OLD, githubUrl: "https://ghes.example" }).present).to.not.equal(places(OLD).present);
  });

  it("knows all places as former ones while the configuration cannot be used", async () => {
    await places(OLD).enter();
    await places(NEW).enter();
    const stranded = places(undefined);
    expect(stranded.present).to.equal(undefined);
    await stranded.enter();
    expect(await stranded.former()).to.have.lengthOf(2);
  });

  it("removes a forgotten place and its credentials from the disk", async () => {
    await places(OLD).enter();
    await places(NEW).enter();
    await places(NEW).forget(places(OLD).present ?? "");
    expect(await stored()).to.not.include("old-token");
    await places(undefined).forget(places(NEW).present ?? "");
    expect(await readdir(join(directory, "unit"))).to.deep.equal([]);
  });

  it("keeps credentials where only root can read them", async () => {
    await places(OLD).enter();
    expect(((await stat(path())).mode & 0o777).toString(8)).to.equal("600");
    expect(((await stat(join(directory, "unit"))).mode & 0o777).toString(8)).to.equal("700");
  });

  it("writes nothing when nothing has changed", async () => {
    await places(OLD).enter();
    const before = await stat(path(), { bigint: true });
    await places(OLD).enter();
    expect((await stat(path(), { bigint: true })).mtimeNs).to.equal(before.mtimeNs);
  });

  it("takes a damaged record for none, and what is no entry for nothing", async () => {
    await places(OLD).enter();
    for (const damage of ["", "{", "null", "[1, null, {}]"]) {
      await writeFile(path(), damage);
      expect(await places(NEW).former()).to.deep.equal([]);
    }
  });

  it("tells refused credentials from a GitHub that is out of reach", async () => {
    await places(OLD).enter();
    const [former] = await places(NEW).former();
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

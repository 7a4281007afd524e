import { expect } from "chai";
import { mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createLogger, systemClock } from "charm-kit";
import { isImageInstance } from "../../src/lxd/image-instance.ts";
import { LxdServerLogs } from "../../src/lxd/lxd-server-logs.ts";
import { patience, reasonToSkip } from "../../packages/lxd-client/tests/support.ts";
import {
  openInfrastructure,
  roomFor,
  SMALL,
  type InfrastructureFixture,
} from "../contract/lxd-infrastructure-fixture.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

const reason = reasonToSkip();
const describeLxd = reason === undefined ? describe : describe.skip;
const HOUR_MS = 60 * 60_000;

describe("isImageInstance()", () => {
  it("knows builder and templates of a unit by their names, and no others", () => {
    const names = [
      "a-0-builder",
      "a-0-template-12ab34cd",
      "a-0-template-",
      "a-0-template-12ab34cdef",
      "a-0-template-builder",
    ];
    const others = ["a-0-1c2d3e-builder", "a-01-builder", "b-a-0-builder", "a-0"];
    expect([...names, ...others].filter((name) => isImageInstance("a-0", name))).to.deep.equal(
      names.slice(0, 2),
    );
  });
});

describeLxd(`LxdServerLogs${reason === undefined ? "" : ` (skipped: ${reason})`}`, () => {
  const directory = useTemporaryDirectory();
  let unit: InfrastructureFixture;
  const own = (name: string) => `${unit.slug}-${name}`;
  const lines: string[] = [];
  const path = (name: string) => join(directory.path, "logs", name);
  const logs = (root = path("")) =>
    new LxdServerLogs({
      client: unit.client,
      directory: root,
      isOwn: (name) => name.startsWith(`${unit.slug}-`),
      clock: systemClock,
      log: createLogger(
        (level, line) => lines.push(`${level} ${line}`),
        (text) => text,
      ),
    });
  const add = (name: string, ageMs: number) => {
    mkdirSync(path(name), { recursive: true });
    writeFileSync(path(`${name}/lxc.log`), "");
    utimesSync(path(name), new Date(), new Date(Date.now() - ageMs));
  };

  before(async () => {
    unit = await openInfrastructure();
    await unit.infrastructure.ensure(roomFor(0), patience());
    const there = { name: own("there"), type: "container", source: { type: "none" } } as const;
    await unit.client.instances.create(
      { ...there, profiles: [...unit.infrastructure.profiles(SMALL)] },
      patience(),
    );
  });
  after(async () => {
    await unit.client.instances.delete(own("there"), patience());
    await unit.infrastructure.remove(patience());
    await unit.client.close();
  });

  beforeEach(() => {
    for (const name of ["there", "gone"]) add(own(name), 2 * HOUR_MS);
    add(own("just-gone"), HOUR_MS / 2);
    add("others-gone", 2 * HOUR_MS);
    writeFileSync(path("lxd.log"), "");
    symlinkSync(directory.path, path(own("link")));
  });

  it("deletes those of instances that have been gone for an hour, and no others", async () => {
    await logs().sweep(patience());
    expect(readdirSync(path("")).sort()).to.deep.equal(
      [own("just-gone"), own("link"), own("there"), "lxd.log", "others-gone"].sort(),
    );
    expect(lines).to.deep.equal([]);
  });

  it("deletes those of all instances that are gone, with the unit", async () => {
    await logs().remove(patience());
    expect(readdirSync(path("")).sort()).to.deep.equal(
      [own("link"), own("there"), "lxd.log", "others-gone"].sort(),
    );
  });

  it("does nothing where LXD logs elsewhere", async () => {
    await logs("/nonexistent").sweep(patience());
    expect(lines).to.deep.equal([]);
  });
});

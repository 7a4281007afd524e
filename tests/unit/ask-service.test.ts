import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import sinon from "sinon";
import { askService, awaitRound, isHealthy, leavesNothing } from "../../src/unit/ask-service.ts";
import { LONGEST_LOCK_WAIT_MS, LONGEST_ROUND_MS, type ServiceStatus } from "../../src/unit/service-status.ts";
import { ServiceApi } from "../../src/service/service-api.ts";
import { rejection } from "../support/rejection.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";
import { sampleStatus } from "../service/sample-status.ts";
import { soon } from "../support/patience.ts";

const NOW = Date.UTC(2026, 0, 1);
const INTERVAL_MS = 10 * 60_000;
const STATUS = sampleStatus({
  startedAt: NOW - INTERVAL_MS,
  activity: { state: "waiting", until: NOW },
  checkedAt: NOW - INTERVAL_MS,
  notices: ["grüße"],
});

const ROUNDED = { ...STATUS, wanted: 5 };

describe("askService()", () => {
  const directory = useTemporaryDirectory();
  const path = () => join(directory.path, "service.sock");
  const ask = () => askService(path(), soon());

  it("returns the status that the service tells", async () => {
    const api = new ServiceApi({
      path: path(),
      status: () => STATUS,
      reconcile: () => Promise.resolve(ROUNDED),
    });
    await api.open();
    try {
      expect(await ask()).to.deep.equal(JSON.parse(JSON.stringify(STATUS)));
      const after = await awaitRound(path(), soon());
      expect(after).to.deep.equal(JSON.parse(JSON.stringify(ROUNDED)));
    } finally {
      await api.close();
    }
  });

  it("returns undefined where no service listens", async () => {
    expect(await ask()).to.equal(undefined);
    expect(await awaitRound(path(), soon())).to.equal(undefined);
  });

  for (const [what, answer] of [
    ["that closes the connection", ""],
    ["that answers with an error", "HTTP/1.0 500 No\r\n\r\n{}"],
    ["that answers with something else", "HTTP/1.0 200 OK\r\n\r\n[1]"],
    ["that answers with half of a status", 'HTTP/1.0 200 OK\r\n\r\n{"activity":'],
    ["that answers without end", undefined],
  ] as const) {
    it(`returns undefined for a program ${what}`, async function () {
      this.timeout(120_000);
      const server: Server = createServer((socket) => {
        socket.on("error", () => undefined);
        if (answer !== undefined) socket.end(answer);
      });
      await new Promise<void>((resolve) => server.listen(path(), resolve));
      try {
        expect(await ask()).to.equal(undefined);
      } finally {
        server.close();
      }
    });
  }
});

describe("awaitRound()", () => {
  const directory = useTemporaryDirectory();
  const path = () => join(directory.path, "service.sock");
  const asked: string[] = [];
  let round = Promise.withResolvers<ServiceStatus>();
  let begun = Promise.withResolvers<undefined>();
  let api: ServiceApi;
  let clock: sinon.SinonFakeTimers;

  beforeEach(async () => {
    clock = sinon.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    asked.length = 0;
    round = Promise.withResolvers();
    begun = Promise.withResolvers();
    api = new ServiceApi({
      path: path(),
      status: () => STATUS,
      reconcile: (reason) => {
        asked.push(reason);
        begun.resolve(undefined);
        return round.promise;
      },
    });
    await api.open();
  });
  afterEach(async () => {
    clock.restore();
    await api.close();
  });

  it("waits for a round of nearly two minutes, and for one of the runners alone where that is wanted", async () => {
    for (const kind of ["whole", "runners"] as const) {
      const waiting = awaitRound(path(), soon(), { kind });
      await begun.promise;
      clock.tick(119_999);
      round.resolve(ROUNDED);
      expect((await waiting)?.wanted).to.equal(5);
      expect(clock.countTimers()).to.equal(0);
      round = Promise.withResolvers();
      begun = Promise.withResolvers();
    }
    expect(asked).to.deep.equal(["request", "runners"]);
  });

  it("gives up after two minutes, so that who has asked looks itself, and the service goes on", async () => {
    const waiting = awaitRound(path(), soon());
    await begun.promise;
    clock.tick(120_000);
    expect(await waiting).to.equal(undefined);
    round.resolve(ROUNDED);
    expect(await askService(path(), soon())).to.include({ unit: STATUS.unit });
  });

  it("ends at once with the caller", async () => {
    const stop = new AbortController();
    const waiting = awaitRound(path(), stop.signal);
    await begun.promise;
    stop.abort(new Error("the hook ends"));
    expect((await rejection(waiting)).message).to.equal("the hook ends");
  });
});

describe("isHealthy()", () => {
  const healthy = (change: Partial<ServiceStatus>) =>
    isHealthy({ ...STATUS, intervalMs: INTERVAL_MS, ...change }, NOW);

  it("is true while the service waits for its next round or is at work on one", () => {
    expect(healthy({})).to.equal(true);
    expect(healthy({ activity: { state: "working", since: NOW - 60_000, why: ["instance"] } })).to.equal(
      true,
    );
  });

  it("is false when no round has ended well for two intervals, or one hangs", () => {
    expect(healthy({ checkedAt: NOW - 2 * INTERVAL_MS })).to.equal(false);
    expect(healthy({ checkedAt: undefined, startedAt: NOW - 2 * INTERVAL_MS })).to.equal(false);
    expect(healthy({ activity: { state: "working", since: NOW - LONGEST_ROUND_MS, why: [] } })).to.equal(
      false,
    );
  });

  it("is false while the settings are paused, missing or not applied", () => {
    expect(healthy({ activity: { state: "paused", reason: "path: missing" } })).to.equal(false);
    expect(healthy({ activity: { state: "without settings", reason: "missing" } })).to.equal(false);
    expect(healthy({ settingsFault: "it is damaged" })).to.equal(false);
  });

  it("is true while a round waits for both locks of the unit, which hooks may hold", () => {
    const since = NOW - 2 * LONGEST_LOCK_WAIT_MS - 60_000;
    expect(healthy({ activity: { state: "working", since, why: [] } })).to.equal(true);
  });

  it("is false after the clock was set back: nothing follows from a time in the future", () => {
    expect(healthy({ checkedAt: NOW + 60_000 })).to.equal(false);
    expect(healthy({ checkedAt: undefined, startedAt: NOW + 60_000 })).to.equal(false);
    expect(healthy({ activity: { state: "working", since: NOW + 60_000, why: [] } })).to.equal(false);
  });
});

describe("leavesNothing()", () => {
  const round = sampleStatus({
    image: "current",
    counts: { online: 0, busy: 0, offline: 0, unknown: 0, names: [], busyNames: [], standby: 0 },
  });

  it("is true after a round that ended well, whatever it could not create", () => {
    expect(leavesNothing(round)).to.equal(true);
  });

  it("is false while a hook has an image to build or a machine to mend", () => {
    for (const image of ["due", "refused", "missing"] as const)
      expect(leavesNothing({ ...round, image })).to.equal(false);
    expect(leavesNothing({ ...round, fault: { message: "LXD is away" } })).to.equal(false);
    expect(leavesNothing({ ...round, counts: undefined })).to.equal(false);
  });
});

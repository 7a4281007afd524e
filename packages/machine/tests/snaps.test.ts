import { expect } from "chai";
import { MachineNameError, SnapdError, Snaps } from "../src/index.ts";
import { begun, done, failed, FakeSnapd } from "./fake-snapd.ts";

const SIGNAL = new AbortController().signal;
const LXD = {
  name: "lxd",
  version: "5.21.3",
  revision: "31333",
  "tracking-channel": "5.21/stable",
  channel: "5.21/stable",
  confinement: "strict",
};

describe("Snaps", () => {
  let snapd: FakeSnapd;
  let snaps: Snaps;
  let now: number;
  beforeEach(async () => {
    snapd = new FakeSnapd();
    await snapd.listen();
    now = 0;
    const clock = { now: () => now, wait: (delay: number) => Promise.resolve(void (now += delay)) };
    snaps = new Snaps({ socket: snapd.socket, clock, limitMs: 10_000 });
  });
  afterEach(() => snapd.close());

  const errorOf = (work: Promise<unknown>) => work.catch((thrown: unknown) => thrown);
  const posted = () => snapd.asked.filter(([request]) => !request.startsWith("GET"));

  it("knows what is installed", async () => {
    snapd.answers = { "GET /v2/snaps/lxd": done({ ...LXD, hold: "2030-01-02T03:04:05Z" }) };
    expect(await snaps.installed("lxd", SIGNAL)).to.deep.equal({
      name: "lxd",
      version: "5.21.3",
      revision: "31333",
      channel: "5.21/stable",
      isClassic: false,
      heldUntil: new Date("2030-01-02T03:04:05Z"),
    });
    expect(await snaps.installed("absent", SIGNAL)).to.equal(undefined);
  });

  it("installs what is absent, and waits until snapd has done it", async () => {
    snapd.answers = {
      "POST /v2/snaps/code": begun("7"),
      "GET /v2/changes/7": [done({ status: "Doing" }), done({ status: "Doing" }), done({ status: "Done" })],
    };
    const request = { name: "code", channel: "latest/edge", revision: 5, classic: true };
    expect(await snaps.ensure(request, SIGNAL)).to.equal(true);
    const body = { action: "install", channel: "latest/edge", revision: "5", classic: true };
    expect(posted()).to.deep.equal([["POST /v2/snaps/code", body]]);
    expect(now).to.be.greaterThan(0);
  });

  it("waits for a snapd that restarts while it works, as with a newer one of itself", async () => {
    snapd.answers = {
      "POST /v2/snaps/code": begun("7"),
      "GET /v2/changes/7": [done({ status: "Doing" }), "hang up", "hang up", done({ status: "Done" })],
    };
    expect(await snaps.ensure({ name: "code" }, SIGNAL)).to.equal(true);
  });

  it("names the work and the remedy when snapd does not answer in time", async () => {
    const hasty = new Snaps({ socket: snapd.socket, limitMs: 50 });
    snapd.answers = { "POST /v2/snaps/code": "stay silent" };
    const error = await errorOf(hasty.ensure({ name: "code" }, SIGNAL));
    expect(error).to.be.instanceOf(SnapdError).and.to.include({
      kind: "unreachable",
      message:
        "Cannot install the snap code: snapd does not answer within 0.05 seconds; see journalctl --unit=snapd",
    });
  });

  for (const [channel, isMoved] of [
    [undefined, false],
    ["5.21/stable", false],
    ["stable", false],
    ["5.21", false],
    ["edge", true],
    ["6/stable", true],
    ["latest/stable", true],
  ] as const) {
    it(`${isMoved ? "moves" : "leaves alone"} a snap on 5.21/stable for the channel ${String(channel)}`, async () => {
      snapd.answers = {
        "GET /v2/snaps/lxd": done(LXD),
        "POST /v2/snaps/lxd": begun("8"),
        "GET /v2/changes/8": done({ status: "Done" }),
      };
      const request = { name: "lxd", ...(channel !== undefined && { channel }) };
      expect(await snaps.ensure(request, SIGNAL)).to.equal(isMoved);
      expect(posted().map(([, body]) => body)).to.deep.equal(isMoved ? [{ action: "refresh", channel }] : []);
    });
  }

  it("tells whether a refresh had something to do", async () => {
    snapd.answers = { "POST /v2/snaps/lxd": failed("snap-no-update-available", "no updates") };
    expect(await snaps.refresh("lxd", SIGNAL)).to.equal(false);
  });

  it("removes, holds, configures and controls", async () => {
    const change = { "GET /v2/changes/9": done({ status: "Wait" }) };
    const begin = Object.fromEntries(
      ["POST /v2/snaps/lxd", "POST /v2/apps", "PUT /v2/snaps/lxd/conf"].map(
        (name) => [name, begun("9")] as const,
      ),
    );
    snapd.answers = {
      ...change,
      ...begin,
      "GET /v2/snaps/lxd": done(LXD),
      "GET /v2/snaps/lxd/conf": done({ daemon: { debug: true } }),
    };
    await snaps.remove("lxd", SIGNAL, { purge: true });
    await snaps.remove("absent", SIGNAL);
    await snaps.hold("lxd", SIGNAL);
    await snaps.hold("lxd", SIGNAL, new Date("2030-01-01T00:00:00Z"));
    await snaps.unhold("lxd", SIGNAL);
    await snaps.set("lxd", { "daemon.debug": true, old: null }, SIGNAL);
    await snaps.control("restart", "lxd", SIGNAL, ["daemon"]);
    await snaps.control("stop", "lxd", SIGNAL);
    expect(posted()).to.deep.equal([
      ["POST /v2/snaps/lxd", { action: "remove", purge: true }],
      ["POST /v2/snaps/lxd", { action: "hold", "hold-level": "auto-refresh", time: "forever" }],
      [
        "POST /v2/snaps/lxd",
        { action: "hold", "hold-level": "auto-refresh", time: "2030-01-01T00:00:00.000Z" },
      ],
      ["POST /v2/snaps/lxd", { action: "unhold" }],
      ["PUT /v2/snaps/lxd/conf", { "daemon.debug": true, old: null }],
      ["POST /v2/apps", { action: "restart", names: ["lxd.daemon"] }],
      ["POST /v2/apps", { action: "stop", names: ["lxd"] }],
    ]);
    expect(await snaps.get("lxd", SIGNAL)).to.deep.equal({ daemon: { debug: true } });
  });

  for (const [title, answers, expected] of [
    [
      "refuses",
      { "POST /v2/snaps/code": failed("snap-needs-classic", "needs classic") },
      { kind: "snap-needs-classic", status: 400 },
    ],
    [
      "fails at the work",
      {
        "POST /v2/snaps/code": begun("1"),
        "GET /v2/changes/1": done({ status: "Error", err: "hook failed" }),
      },
      { kind: "change", message: "Cannot install the snap code: hook failed" },
    ],
    [
      "never ends",
      { "POST /v2/snaps/code": begun("1"), "GET /v2/changes/1": done({ status: "Doing" }) },
      { kind: "change", message: "Cannot install the snap code: snapd's change 1 has not ended" },
    ],
    [
      "does not come back while it works",
      { "POST /v2/snaps/code": begun("1"), "GET /v2/changes/1": "hang up" },
      { kind: "unreachable" },
    ],
    ["hangs up", { "POST /v2/snaps/code": "hang up" }, { kind: "unreachable" }],
    ["answers no JSON", { "POST /v2/snaps/code": { status: 502, body: "<html>" } }, { status: 502 }],
    ["answers a list", { "POST /v2/snaps/code": { body: [] } }, { status: 200 }],
    [
      "forgets the change",
      { "POST /v2/snaps/code": begun("1"), "GET /v2/changes/1": done(null) },
      { kind: "change" },
    ],
  ] as const) {
    it(`throws a SnapdError when snapd ${title}`, async () => {
      snapd.answers = { ...answers };
      const error = await errorOf(snaps.ensure({ name: "code" }, SIGNAL));
      expect(error).to.be.instanceOf(SnapdError).and.to.include(expected);
    });
  }

  it("says so when there is no snapd", async () => {
    const error = await errorOf(new Snaps({ socket: "/nonexistent/snapd.socket" }).installed("lxd", SIGNAL));
    expect(error).to.include({ kind: "unreachable" });
    expect((error as Error).message).to.include("install snapd");
  });

  it("ends with the signal's reason", async () => {
    snapd.answers = { "GET /v2/snaps/lxd": done(LXD) };
    const reason = new Error("Juju ends the hook");
    expect(await errorOf(snaps.installed("lxd", AbortSignal.abort(reason)))).to.equal(reason);
  });

  it("refuses names that are paths", async () => {
    for (const name of ["", "..", "a/b", "A", "-", "123"])
      expect(await errorOf(snaps.installed(name, SIGNAL)), name).to.be.instanceOf(MachineNameError);
    expect(snapd.asked).to.deep.equal([]);
  });
});

import { expect } from "chai";
import { makeWayForReboot, type RebootDependencies } from "../../src/unit/reboot.ts";
import { rejection } from "../support/rejection.ts";
import type { RunnerCounts } from "../../src/runners/observed-runner.ts";

const signal = new AbortController().signal;

/** A unit with runners on a machine that wants a restart. */
class Unit {
  wantsReboot = true;
  idle: string[];
  busy: string[];
  isPaused = false;
  /** What happens while idle runners are taken away. */
  meanwhile: () => void = () => undefined;

  constructor(idle: string[], busy: string[]) {
    this.idle = idle;
    this.busy = busy;
  }

  get parts(): RebootDependencies {
    return {
      host: { mayReboot: () => Promise.resolve(this.wantsReboot) },
      manager: {
        check: () => Promise.resolve(this.#counts()),
        flushIdle: () => {
          const flushed = this.idle.length;
          this.meanwhile();
          // The service replaces runners as soon as they end.
          this.idle = this.isPaused ? [] : ["replacement"];
          return Promise.resolve({
            flushed,
            delta: -flushed,
            counts: this.#counts(),
            failures: [],
            versionRefused: false,
          });
        },
      },
      service: {
        pause: () => {
          this.isPaused = true;
          return Promise.resolve();
        },
        resume: () => {
          this.isPaused = false;
          return Promise.resolve();
        },
      },
    };
  }

  #counts(): RunnerCounts {
    const names = [...this.idle, ...this.busy];
    const counts = { online: this.idle.length, busy: this.busy.length, offline: 0, unknown: 0 };
    return { ...counts, names, busyNames: this.busy, standby: 0 };
  }
}

describe("A restart that the machine requires", () => {
  it("happens after the idle runners are removed", async () => {
    const unit = new Unit(["a", "b"], []);
    expect(await makeWayForReboot(unit.parts, signal)).to.equal(true);
    expect(unit.idle).to.deep.equal([]);
    expect(unit.isPaused).to.equal(true);
  });

  it("ends the pause of the service when there is no restart after all, or the flush fails", async () => {
    const busy = new Unit(["a"], []);
    busy.meanwhile = () => {
      busy.busy = ["b"];
    };
    expect(await makeWayForReboot(busy.parts, signal)).to.equal(false);
    expect(busy.isPaused).to.equal(false);
    const broken = new Unit(["a"], []);
    broken.meanwhile = () => {
      throw new Error("LXD is gone");
    };
    expect(await rejection(makeWayForReboot(broken.parts, signal))).to.include({ message: "LXD is gone" });
    expect(broken.isPaused).to.equal(false);
  });

  it("leaves the service at work while a runner is busy", async () => {
    const unit = new Unit(["a"], ["b"]);
    await makeWayForReboot(unit.parts, signal);
    expect(unit.isPaused).to.equal(false);
  });

  it("happens at once without runners", async () => {
    expect(await makeWayForReboot(new Unit([], []).parts, signal)).to.equal(true);
  });

  it("waits for a busy runner and keeps the idle ones", async () => {
    const unit = new Unit(["a"], ["b"]);
    expect(await makeWayForReboot(unit.parts, signal)).to.equal(false);
    expect(unit.idle).to.deep.equal(["a"]);
  });

  it("waits for a runner that gets a job during the flush", async () => {
    const unit = new Unit(["a", "b"], []);
    unit.meanwhile = () => {
      unit.busy = ["b"];
    };
    expect(await makeWayForReboot(unit.parts, signal)).to.equal(false);
  });

  it("waits for another unit that becomes busy meanwhile", async () => {
    const unit = new Unit(["a"], []);
    unit.meanwhile = () => {
      unit.wantsReboot = false;
    };
    expect(await makeWayForReboot(unit.parts, signal)).to.equal(false);
  });

  it("removes no runner without a required restart", async () => {
    const unit = new Unit(["a"], []);
    unit.wantsReboot = false;
    expect(await makeWayForReboot(unit.parts, signal)).to.equal(false);
    expect(unit.idle).to.deep.equal(["a"]);
  });
});

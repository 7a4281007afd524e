import { expect } from "chai";
import { silentLogger } from "charm-kit";
import { CommandRefresh } from "../../src/service/status-refresh.ts";
import { sampleSettings } from "./sample-settings.ts";

const settings = sampleSettings();

/** Juju, whose commands the test ends, and time that passes when it says so. */
class Juju {
  readonly ran: (string | undefined)[] = [];
  readonly pauses: number[] = [];
  readonly #stop = new AbortController();
  #command = Promise.withResolvers<number>();
  #wait = Promise.withResolvers<undefined>();
  readonly refresh = new CommandRefresh({
    run: async (command) => {
      this.ran.push(command.at(-1));
      const exitCode = await this.#command.promise;
      return { exitCode, stdout: "", stderr: exitCode === 0 ? "" : "ERROR dial unix: connection refused" };
    },
    clock: {
      now: () => 0,
      wait: (delayMs) => {
        this.pauses.push(delayMs / 1000);
        return this.#wait.promise;
      },
    },
    log: silentLogger,
    signal: this.#stop.signal,
  });

  async end(failure?: Error, exitCode = 0): Promise<void> {
    const { resolve, reject } = this.#command;
    this.#command = Promise.withResolvers();
    if (failure) reject(failure);
    else resolve(exitCode);
    await new Promise(setImmediate);
  }

  async pass(): Promise<void> {
    const { resolve } = this.#wait;
    this.#wait = Promise.withResolvers();
    resolve(undefined);
    await new Promise(setImmediate);
  }
}

describe("CommandRefresh", () => {
  let juju: Juju;
  beforeEach(() => {
    juju = new Juju();
  });

  it("asks for one hook for all that is asked while another one runs, and a minute later", async () => {
    juju.refresh.ask(settings, "update-status");
    juju.refresh.ask(settings, "update-status");
    juju.refresh.ask(settings, "update-status");
    expect(juju.ran).to.deep.equal(["update-status"]);
    await juju.end();
    expect(juju.ran).to.have.length(1);
    await juju.pass();
    expect(juju.ran).to.have.length(2);
    await juju.end();
    await juju.pass();
    expect(juju.ran).to.have.length(2);
    expect(juju.pauses).to.deep.equal([60, 60]);
  });

  it("asks again for what has failed, after a pause that grows", async () => {
    juju.refresh.ask(settings, "reconcile-runners");
    for (let attempt = 0; attempt < 6; attempt += 1) {
      await juju.end(new Error("no controller"));
      await juju.pass();
    }
    await juju.end();
    await juju.pass();
    expect(juju.pauses).to.deep.equal([60, 120, 240, 480, 960, 960, 60]);
    expect(new Set(juju.ran)).to.deep.equal(new Set(["reconcile-runners"]));
    expect(juju.ran).to.have.length(7);
  });

  it("asks again where the command says that it has failed, as while the unit's agent is away", async () => {
    juju.refresh.ask(settings, "update-status");
    await juju.end(undefined, 1);
    await juju.pass();
    await juju.end(undefined, 127);
    await juju.pass();
    await juju.end();
    await juju.pass();
    expect(juju.ran).to.deep.equal(["update-status", "update-status", "update-status"]);
    expect(juju.pauses).to.deep.equal([60, 120, 60]);
  });

  it("asks for a reconcile rather than for the status alone", async () => {
    juju.refresh.ask(settings, "update-status");
    juju.refresh.ask(settings, "reconcile-runners");
    juju.refresh.ask(settings, "update-status");
    await juju.end();
    await juju.pass();
    expect(juju.ran).to.deep.equal(["update-status", "reconcile-runners"]);
  });

  it("asks for nothing where nothing dispatches hooks", () => {
    juju.refresh.ask(sampleSettings({ refreshCommand: undefined }), "update-status");
    expect(juju.ran).to.deep.equal([]);
  });
});

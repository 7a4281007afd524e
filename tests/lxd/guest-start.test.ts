import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Secret, systemClock, withDeadline } from "charm-kit";
import { LxdClient, socketAt } from "lxd-client";
import { RawPeer } from "../../packages/lxd-client/tests/raw-websocket.ts";
import { LxdMachines } from "../../src/lxd/lxd-machines.ts";
import { rejection } from "../support/rejection.ts";
import { soon } from "../support/patience.ts";

const OWNER = { unitName: "runners/0", deployment: "9f484882-2f18-4fd2-967d-db9663db7bea" };
const OFFLINE = "LXD VM agent isn't currently running";
const signal = soon;

/** What LXD says of the guest at one reading. */
interface GuestState {
  readonly status: string;
  readonly processes: number;
  readonly pid: number;
}

const UP: GuestState = { status: "Running", processes: 30, pid: 100 };
const BOOTING: GuestState = { ...UP, processes: -1 };
const STOPPED: GuestState = { status: "Stopped", processes: 0, pid: 0 };

describe("deliver() to a virtual machine", () => {
  let directory = "";
  let server: Server;
  let client: LxdClient;
  /** What LXD says at each reading; the last one stays. Undefined: the instance is gone. */
  let states: (GuestState | undefined)[];
  /** How the operation of each command ends: an error, or undefined for a delivery. */
  let commands: (string | undefined)[];
  let asked: number;
  /** Between the readings, in milliseconds. */
  let pauses: number[];
  let ends: Map<string, string | undefined>;

  const say = (response: ServerResponse, status: number, body: object) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  const operation = (id: string, code: number, err: string, metadata: object) => ({
    ...{ id, class: "websocket", status_code: code, status: "Failure", err, resources: null, metadata },
  });

  const answer = ({ method, url = "" }: IncomingMessage, response: ServerResponse) => {
    const id = /operations\/([^/]*)\/wait/.exec(url)?.[1];
    if (url.endsWith("/state")) {
      const state = states.length > 1 ? states.shift() : states[0];
      if (state) say(response, 200, { type: "sync", metadata: { ...state, status_code: 0 } });
      else say(response, 404, { type: "error", error_code: 404, error: "Instance not found" });
    } else if (method === "POST" && url.endsWith("/exec")) {
      const started = `command-${++asked}`;
      ends.set(started, commands.length > 1 ? commands.shift() : commands[0]);
      const fds = {
        "0": `${started}.0`,
        "1": `${started}.1`,
        "2": `${started}.2`,
        control: `${started}.control`,
      };
      say(response, 202, {
        type: "async",
        operation: `/1.0/operations/${started}`,
        metadata: operation(started, 103, "", { fds }),
      });
    } else if (id !== undefined) {
      const err = ends.get(id);
      const ended = err === undefined ? operation(id, 200, "", { return: 0 }) : operation(id, 400, err, {});
      setTimeout(() => say(response, 200, { type: "sync", metadata: ended }), 30);
    } else say(response, 404, { type: "error", error_code: 404, error: "not found" });
  };

  beforeEach(async () => {
    states = [UP];
    commands = [undefined];
    asked = 0;
    pauses = [];
    ends = new Map();
    directory = mkdtempSync(join(tmpdir(), "guest-start-"));
    server = createServer((request, response) => {
      request.resume().on("end", () => {
        answer(request, response);
      });
    });
    server.on("upgrade", (request, socket) => {
      const peer = new RawPeer(request, socket);
      const [id = "", descriptor] = (
        new URL(request.url ?? "", "http://lxd").searchParams.get("secret") ?? ""
      ).split(".");
      if (ends.get(id) !== undefined || (descriptor !== "1" && descriptor !== "2")) return;
      const output = descriptor === "1" ? peer.send(2, "listening\n") : Promise.resolve();
      void output.then(() => peer.send(1));
    });
    const path = join(directory, "unix.socket");
    await new Promise<void>((resolve) => server.listen(path, resolve));
    client = new LxdClient(socketAt(path));
  });
  afterEach(async () => {
    await client.close();
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true });
  });

  const clock = {
    wait: (ms: number, waitSignal: AbortSignal) => {
      pauses.push(ms);
      return systemClock.wait(Math.min(ms, 10), waitSignal);
    },
  };
  const deliver = (limitMs = 40_000) =>
    withDeadline("start runner 'a'", limitMs, signal(), (limited, waitFor) =>
      new LxdMachines({
        client,
        owner: OWNER,
        instanceType: "virtual-machine",
        deliverProgram: "/deliver",
        activityCommand: ["true"],
        startConcurrency: 1,
        guestStart: { pollMs: 10, restartMs: 50, clock },
      }).deliver("a", new Secret("start\n"), limited, waitFor),
    );

  it("waits until LXD's agent in it is up", async () => {
    states = [BOOTING, BOOTING, BOOTING, UP];
    expect(await deliver()).to.equal("listening");
    expect(asked).to.equal(1);
  });

  it("reads the state of one that takes long less and less often, as each reading costs LXD time", async () => {
    states = [...Array.from({ length: 40 }, () => BOOTING), UP];
    expect(await deliver()).to.equal("listening");
    expect(pauses).to.have.length(40);
    expect(pauses.slice(0, 10)).to.deep.equal(Array.from({ length: 10 }, () => 10));
    for (const [index, pause] of pauses.entries()) {
      const waited = pauses.slice(0, index).reduce((sum, ms) => sum + ms, 0);
      expect(pause, "a tenth of the wait at most").to.be.closeTo(Math.max(10, waited / 10), 0.001);
    }
  });

  it("delivers again when the agent refuses, whatever its state says by then", async () => {
    commands = [OFFLINE, OFFLINE, undefined];
    expect(await deliver()).to.equal("listening");
    expect(asked).to.equal(3);
  });

  it("delivers again after a reset of the guest", async () => {
    states = [UP, STOPPED, STOPPED, { ...BOOTING, pid: 200 }, { ...UP, pid: 200 }];
    commands = ["Instance is not running", undefined];
    expect(await deliver()).to.equal("listening");
    expect(asked).to.equal(2);
  });

  it("ends with the refusal when the guest stays off, is gone, or resets again and again", async () => {
    commands = ["Instance is not running"];
    for (const after of [STOPPED, undefined]) {
      states = [UP, after];
      expect(String(await rejection(deliver()))).to.include("Instance is not running");
    }
    const pids = Array.from({ length: 20 }, (_, pid) => ({ ...UP, pid }));
    states = pids;
    expect(String(await rejection(deliver()))).to.include("Instance is not running");
  });

  it("does not repeat a command that failed in a guest that is up", async () => {
    commands = ["the disk is full"];
    expect(String(await rejection(deliver()))).to.include("the disk is full");
    expect(asked).to.equal(1);
  });

  it("tells at its deadline that the agent did not come up", async () => {
    states = [BOOTING];
    expect((await rejection(deliver(2000))).message).to.equal(
      "Cannot start runner 'a': no answer from LXD's agent in the guest within 2 seconds",
    );
  });
});

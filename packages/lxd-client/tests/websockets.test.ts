import { expect } from "chai";
import { setTimeout as delay } from "node:timers/promises";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import {
  type ExecInput,
  LxdError,
  LxdUnreachableError,
  OperationError,
  OutputLimitError,
  untilStarted,
} from "../src/index.ts";
import { ExecStandIn } from "./exec-stand-in.ts";
import { OPCODE, serverFrame, type RawPeer } from "./raw-websocket.ts";
import { rejection } from "../../../tests/support/rejection.ts";
import { patience } from "./support.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
/** How long the library waits for the other side's part of a close. */
const HANDSHAKE_MS = 30_000;

/** What a real daemon cannot be made to do on a WebSocket. */
describe("WebSockets of a daemon that misbehaves", function () {
  this.timeout(90_000);
  let lxd: ExecStandIn;

  beforeEach(async () => {
    lxd = await ExecStandIn.start();
  });
  afterEach(async () => {
    await lxd.close();
  });

  const start = (maxOutputBytes?: number) =>
    lxd
      .client()
      .exec.start(
        "x",
        { command: ["x"], ...(maxOutputBytes !== undefined && { maxOutputBytes }) },
        patience(),
      );
  const run = (maxOutputBytes: number) =>
    lxd.client().exec.run("x", { command: ["x"], maxOutputBytes }, patience());
  /** Ends both outputs and the command. */
  const finish = async (exitCode = 0) => {
    for (const descriptor of ["1", "2"] as const) await (await lxd.peer(descriptor)).send(OPCODE.text);
    lxd.finish(exitCode);
  };

  describe("of a virtual machine that is slow to open them", () => {
    const UNSTARTED = ["websocket: bad handshake", "Timed out waiting for websockets to connect"];
    /** The command has its WebSockets, and LXD ends it before it was started. */
    const refuse = async (err: string) => {
      for (const descriptor of ["0", "1", "2", "control"] as const) await lxd.peer(descriptor);
      lxd.fail(err);
    };
    const runWith = (stdin: ExecInput) => lxd.client().exec.run("x", { command: ["x"], stdin }, patience());

    it("runs the command again, and returns what that one prints", async () => {
      const running = runWith("input");
      for (const err of UNSTARTED) await refuse(err);
      await (await lxd.peer("1")).send(OPCODE.binary, Buffer.from("done"));
      await finish(3);
      expect(await running).to.deep.equal({ exitCode: 3, stdout: "done", stderr: "" });
      expect(lxd.started).to.equal(3);
    });

    it("does so for a while, and then says what LXD says", async () => {
      const failing = rejection(runWith("input"));
      for (let attempt = 0; attempt < 20; attempt += 1) await refuse("websocket: bad handshake");
      expect(await failing)
        .to.be.instanceOf(OperationError)
        .and.include({ detail: "websocket: bad handshake" });
      expect(lxd.started).to.equal(20);
    });

    it("runs a started command again in untilStarted(), which reads its output from the beginning", async () => {
      const read = async () => {
        const command = { command: ["x"], stdin: "input" } as const;
        const { exitCode, stdout } = await lxd.client().exec.start("x", command, patience());
        return [await exitCode, await text(stdout)];
      };
      const running = untilStarted(read);
      for (const err of UNSTARTED) await refuse(err);
      await (await lxd.peer("1")).send(OPCODE.binary, Buffer.from("done"));
      await finish(3);
      expect(await running).to.deep.equal([3, "done"]);
      expect(lxd.started).to.equal(3);
    });

    it("does not when the command may have begun, or its input is a stream", async () => {
      const begun = rejection(runWith("input"));
      await refuse("The connection to the agent is lost");
      expect(await begun).to.be.instanceOf(OperationError);
      const streamed = rejection(runWith(Readable.from(["input"])));
      await refuse("websocket: bad handshake");
      expect(await streamed).to.be.instanceOf(OperationError);
      expect(lxd.started).to.equal(2);
    });
  });

  it("costs no more for one message of 32 MiB than for many small ones", async () => {
    // The processor's time: other programs of the machine do not count.
    const cost = async (frames: readonly Buffer[]) => {
      const before = process.cpuUsage();
      const running = run(64 * MIB);
      const peer = await lxd.peer("1");
      for (const frame of frames) await peer.write(frame);
      await finish();
      expect((await running).stdout).to.have.length(32 * MIB);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    };
    const small = serverFrame(OPCODE.binary, Buffer.alloc(64 * KIB, "a"));
    const many = await cost(Array.from({ length: 512 }, () => small));
    await lxd.close();
    lxd = await ExecStandIn.start();
    expect(await cost([serverFrame(OPCODE.binary, Buffer.alloc(32 * MIB, "a"))])).to.be.lessThan(
      5 * many + 200,
    );
  });

  describe("in an event stream", () => {
    /** Fragments of one message that never ends. */
    const sendEndlessly = async (peer: RawPeer, opcode: number) => {
      await peer.send(opcode, "[", false);
      const fragment = Buffer.alloc(64 * KIB, " ");
      while (!peer.socket.destroyed) await peer.send(OPCODE.continuation, fragment, false);
    };

    it("end it when the fragments of one message are more than the limit", async () => {
      const limits = { messageBytes: MIB };
      const stream = await lxd.client(limits).events.open(["lifecycle"], patience());
      const next = rejection(stream[Symbol.asyncIterator]().next());
      const peer = await lxd.peer("events");
      await sendEndlessly(peer, OPCODE.text);
      expect(await next)
        .to.be.instanceOf(OutputLimitError)
        .and.include({ limitBytes: MIB });
    });

    it("end it when the reader is too far behind", async () => {
      const stream = await lxd.client({ backlogBytes: MIB }).events.open(["lifecycle"], patience());
      const peer = await lxd.peer("events");
      const event = JSON.stringify({
        type: "lifecycle",
        metadata: { action: "a".repeat(64 * KIB), source: "" },
      });
      for (let count = 0; count < 40 && !peer.socket.destroyed; count += 1) {
        await peer.send(OPCODE.text, event);
      }
      await peer.closed();
      const read = async () => {
        for await (const one of stream) expect(one.type).to.equal("lifecycle");
      };
      expect(await rejection(read()))
        .to.be.instanceOf(OutputLimitError)
        .and.include({ limitBytes: MIB });
    });

    it("are closed at once, whether the daemon answers the close or not", async () => {
      const stream = await lxd.client().events.open(["lifecycle"], patience());
      const peer = await lxd.peer("events");
      const started = performance.now();
      stream.close();
      await peer.closed();
      expect(performance.now() - started).to.be.lessThan(HANDSHAKE_MS);
    });

    it("are lost when the daemon closes one and keeps the connection open", async () => {
      const stream = await lxd.client().events.open(["lifecycle"], patience());
      const next = rejection(stream[Symbol.asyncIterator]().next());
      const peer = await lxd.peer("events");
      const started = performance.now();
      await peer.send(OPCODE.close);
      expect(await next)
        .to.be.instanceOf(LxdUnreachableError)
        .and.include({ reason: "lost" });
      await peer.closed();
      expect(performance.now() - started).to.be.lessThan(HANDSHAKE_MS);
    });
  });

  describe("of a command", () => {
    it("kill it when the fragments of one message are more than the limit", async () => {
      const client = lxd.client({ messageBytes: MIB });
      const running = rejection(
        client.exec.run("x", { command: ["x"], maxOutputBytes: 64 * MIB }, patience()),
      );
      const [peer, control] = await Promise.all([lxd.peer("1"), lxd.peer("control")]);
      const fragment = Buffer.alloc(64 * KIB);
      await peer.send(OPCODE.binary, fragment, false);
      while (!peer.socket.destroyed) await peer.send(OPCODE.continuation, fragment, false);
      await control.closed();
      lxd.finish(137);
      expect(await running)
        .to.be.instanceOf(OutputLimitError)
        .and.include({ limitBytes: MIB });
    });

    it("kill it when the daemon breaks the protocol: output that is cut short is no output", async () => {
      const running = rejection(run(MIB));
      const [peer, control] = await Promise.all([lxd.peer("1"), lxd.peer("control")]);
      await peer.send(OPCODE.binary, "half");
      await peer.write(Buffer.from([0xc2, 0x01, 1]));
      await control.closed();
      lxd.finish(137);
      expect(await running)
        .to.be.instanceOf(LxdUnreachableError)
        .and.include({ reason: "lost" });
    });

    it("make it wait for a reader that is behind, and lose nothing", async () => {
      const command = await start(MIB);
      const peer = await lxd.peer("1");
      let sent = 0;
      const sending = (async () => {
        for (let index = 0; index < 1024; index += 1) {
          await peer.send(OPCODE.binary, Buffer.alloc(64 * KIB, index % 251));
          sent += 64 * KIB;
        }
        await finish(3);
      })();
      await delay(500);
      expect(sent).to.be.lessThan(8 * MIB);
      let received = 0;
      for await (const chunk of command.stdout) {
        expect(chunk[0]).to.equal((received / (64 * KIB)) % 251);
        received += chunk.byteLength;
      }
      expect(received).to.equal(64 * MIB);
      expect(await command.exitCode).to.equal(3);
      await sending;
    });

    it("let it run on when its reader has left", async () => {
      const command = await start(MIB);
      const peer = await lxd.peer("1");
      const sending = (async () => {
        for (let index = 0; index < 256; index += 1) await peer.send(OPCODE.binary, Buffer.alloc(64 * KIB));
        await finish(0);
      })();
      for await (const chunk of command.stdout) {
        expect(chunk).to.have.length(64 * KIB);
        break;
      }
      expect(await command.exitCode).to.equal(0);
      await sending;
    });

    it("take no more of its input than the daemon takes", async () => {
      let taken = 0;
      const stdin = (async function* () {
        for (; taken < 64 * MIB; taken += 64 * KIB) yield Buffer.alloc(64 * KIB);
        await Promise.resolve();
      })();
      const running = lxd.client().exec.run("x", { command: ["x"], stdin }, patience());
      const peer = await lxd.peer("0");
      peer.socket.pause();
      await delay(300);
      expect(taken).to.be.lessThan(4 * MIB);
      peer.socket.resume();
      await finish();
      expect(await running).to.include({ exitCode: 0 });
    });

    it("say why they are refused when the operation does not in time", async () => {
      lxd.refuseUpgrades(500, { type: "error", error_code: 500, error: "permission denied" });
      const client = lxd.client({ callMs: 300 });
      const error = await rejection(client.exec.run("x", { command: ["x"] }, patience()));
      expect(error).to.be.instanceOf(LxdError).and.include({ status: 500, detail: "permission denied" });
    });

    it("are not waited for much longer than LXD waits for them, whatever the limits of calls are", async () => {
      lxd.ignoreUpgrades();
      const started = performance.now();
      const running = rejection(lxd.client().exec.run("x", { command: ["x"] }, patience()));
      // LXD ends its operation, and this one even without a fault.
      setTimeout(() => {
        lxd.finish(0);
      }, 5000);
      expect(await running).to.include({ code: "deadline" });
      expect(performance.now() - started).to.be.within(5000, 15_000);
    });

    it("are not answered when they ping: the answer could meet the end of the command", async () => {
      const running = run(MIB);
      const peer = await lxd.peer("1");
      await peer.send(OPCODE.ping, "keepalive");
      await peer.send(OPCODE.binary, "out");
      await finish();
      expect(await running).to.include({ stdout: "out" });
      expect(peer.received).to.have.length(0);
    });
  });
});

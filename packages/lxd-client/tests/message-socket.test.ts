import { expect } from "chai";
import { setTimeout as delay } from "node:timers/promises";
import { DeadlineError } from "charm-kit";
import { LxdError, LXD, OutputLimitError } from "../src/index.ts";
import { MessageSocket } from "../src/message-socket.ts";
import type { Limits } from "../src/limits.ts";
import { Transport } from "../src/transport.ts";
import { ExecStandIn } from "./exec-stand-in.ts";
import { OPCODE, serverFrame } from "./raw-websocket.ts";
import { rejection } from "../../../tests/support/rejection.ts";

const LIMITS: Limits = {
  reachMs: 0,
  callMs: 60_000,
  transferMs: 60_000,
  operationMs: 60_000,
  stalledMs: 60_000,
  answerBytes: 1024 * 1024,
  messageBytes: 1024 * 1024,
  backlogBytes: 1024 * 1024,
};

describe("MessageSocket", function () {
  this.timeout(60_000);
  let lxd: ExecStandIn;
  let transport: Transport;

  beforeEach(async () => {
    lxd = await ExecStandIn.start();
    transport = new Transport({ path: lxd.path, dialect: LXD }, LIMITS);
  });
  afterEach(async () => {
    await transport.close();
    await lxd.close();
  });

  /** Opens a socket that writes down what it receives. */
  const open = (answersPings = true, through = transport) => {
    const seen: string[] = [];
    const ended = Promise.withResolvers<Error | undefined>();
    const target = { action: "test", path: "/1.0/events", answersPings };
    const socket = new MessageSocket(through, target, {
      text: (message) => seen.push(`text ${message}`),
      binary: (message) => seen.push(`binary ${message.byteLength} ${String(message[0])}`),
      ended: ended.resolve,
    });
    return { socket, seen, ended: ended.promise };
  };

  const stream = Buffer.concat([
    serverFrame(OPCODE.ping, Buffer.from("keepalive")),
    serverFrame(OPCODE.binary, Buffer.alloc(125, 1)),
    serverFrame(OPCODE.binary, Buffer.alloc(126, 2)),
    serverFrame(OPCODE.binary, Buffer.alloc(70_000, 3)),
    serverFrame(OPCODE.text, Buffer.from("hel"), false),
    serverFrame(OPCODE.ping, Buffer.from("between")),
    serverFrame(OPCODE.continuation, Buffer.from("lo €")),
    serverFrame(OPCODE.text, Buffer.alloc(0)),
    serverFrame(OPCODE.close, Buffer.alloc(0)),
  ]);
  const expected = ["binary 125 1", "binary 126 2", "binary 70000 3", "text hello €", "text "];

  for (const size of [1, 2, 3, 7, 1000, 65_536, stream.length]) {
    it(`reads frames of all sizes from chunks of ${size} bytes, and answers pings`, async () => {
      const { seen, ended } = open();
      const peer = await lxd.peer("events");
      for (let start = 0; start < stream.length; start += size) {
        await peer.write(stream.subarray(start, start + size));
      }
      expect(await ended).to.be.undefined;
      await peer.closed();
      expect(seen).to.deep.equal(expected);
      const pongs = [..."keepalive between".split(" ")].map((text) =>
        Buffer.concat([Buffer.from([0x8a, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]),
      );
      const close = Buffer.from([0x88, 0x80, 0, 0, 0, 0]);
      expect(peer.received).to.deep.equal(Buffer.concat([...pongs, close]));
    });
  }

  it("joins the fragments of a binary message", async () => {
    const { seen, ended } = open();
    const peer = await lxd.peer("events");
    await peer.send(OPCODE.binary, Buffer.from([1]), false);
    await peer.send(OPCODE.continuation, Buffer.from([2]));
    await peer.send(OPCODE.close);
    await ended;
    expect(seen).to.deep.equal(["binary 2 1"]);
  });

  const broken: readonly (readonly [string, Buffer])[] = [
    ["masks its frames", Buffer.from([0x82, 0x81, 0, 0, 0, 0, 1])],
    ["uses bits that were not negotiated", Buffer.from([0xc2, 0x01, 1])],
    ["sends text that is not UTF-8", serverFrame(OPCODE.text, Buffer.from([0xff]))],
  ];
  for (const [title, bytes] of broken) {
    it(`treats a server as gone that ${title}`, async () => {
      const { seen, ended } = open();
      const peer = await lxd.peer("events");
      await peer.write(bytes);
      expect(await ended).to.include({ code: "lxd-unreachable", reason: "lost" });
      await peer.closed();
      expect(seen).to.deep.equal([]);
    });
  }

  it("reads no message that is announced as larger than the limit", async () => {
    const { seen, ended } = open();
    const peer = await lxd.peer("events");
    await peer.write(Buffer.from([0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0]));
    expect(await ended)
      .to.be.instanceOf(OutputLimitError)
      .and.include({ limitBytes: LIMITS.messageBytes });
    await peer.closed();
    expect(seen).to.deep.equal([]);
  });

  for (const [length, head] of [
    [0, "8280"],
    [125, "82fd"],
    [126, "82fe007e"],
    [65_535, "82feffff"],
    [65_536, "82ff0000000000010000"],
  ] as const) {
    it(`sends ${length} bytes, masked with zero`, async () => {
      const { socket } = open();
      await socket.opened;
      await socket.send(Buffer.alloc(length, 7));
      socket.close();
      const peer = await lxd.peer("events");
      await peer.closed();
      const start = head.length / 2;
      expect(peer.received.subarray(0, start).toString("hex")).to.equal(head);
      expect(peer.received.subarray(start, start + 4)).to.deep.equal(Buffer.alloc(4));
      expect(peer.received.subarray(start + 4)).to.deep.equal(Buffer.alloc(length, 7));
    });
  }

  it("tells what LXD says when it refuses, and ends", async () => {
    lxd.refuseUpgrades(403, { type: "error", error_code: 403, error: "permission denied" });
    const { socket, ended } = open();
    expect(await rejection(socket.opened))
      .to.be.instanceOf(LxdError)
      .and.include({ status: 403, detail: "permission denied" });
    expect(await ended).to.be.undefined;
  });

  it("does not wait longer than a call for the handshake", async () => {
    lxd.ignoreUpgrades();
    const impatient = new Transport({ path: lxd.path, dialect: LXD }, { ...LIMITS, callMs: 100 });
    const { socket, ended } = open(true, impatient);
    expect(await rejection(socket.opened))
      .to.be.instanceOf(DeadlineError)
      .and.include({ limitMs: 100, action: "test" });
    expect(await ended).to.be.undefined;
    await impatient.close();
  });

  it("ends when it is closed, whatever it is doing", async () => {
    for (const milliseconds of [0, 1, 2, 5, 10, 20, 40]) {
      const { socket, ended } = open();
      await delay(milliseconds);
      socket.close();
      expect(await ended).to.be.undefined;
      expect(socket.isOpen).to.be.false;
      await socket.send("dropped");
    }
  });
});

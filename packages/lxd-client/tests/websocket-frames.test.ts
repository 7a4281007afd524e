import { expect } from "chai";
import { FrameReader, renderFrame } from "../src/websocket-frames.ts";

/** A frame as a server sends it: without a mask. */
function serverFrame(opcode: number, payload: Buffer, isFinal = true): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = (isFinal ? 0x80 : 0) | opcode;
  head[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

function record() {
  const seen: string[] = [];
  const reader = new FrameReader({
    text: (message) => seen.push(`text ${message}`),
    binary: (chunk) => seen.push(`binary ${chunk.byteLength} ${String(chunk[0])}`),
    ping: (payload) => seen.push(`ping ${Buffer.from(payload).toString()}`),
    close: () => seen.push("close"),
  });
  return { seen, reader };
}

describe("FrameReader", () => {
  const stream = Buffer.concat([
    serverFrame(9, Buffer.from("keepalive")),
    serverFrame(2, Buffer.alloc(125, 1)),
    serverFrame(2, Buffer.alloc(126, 2)),
    serverFrame(2, Buffer.alloc(70_000, 3)),
    serverFrame(1, Buffer.from("hel"), false),
    serverFrame(9, Buffer.from("between")),
    serverFrame(0, Buffer.from("lo €")),
    serverFrame(1, Buffer.alloc(0)),
    serverFrame(8, Buffer.alloc(0)),
  ]);
  const expected = [
    "ping keepalive",
    "binary 125 1",
    "binary 126 2",
    "binary 70000 3",
    "ping between",
    "text hello €",
    "text ",
    "close",
  ];

  for (const size of [1, 2, 3, 7, 1000, 65_536, stream.length]) {
    it(`reads frames of all sizes from chunks of ${size} bytes`, () => {
      const { seen, reader } = record();
      for (let start = 0; start < stream.length; start += size)
        reader.push(stream.subarray(start, start + size));
      expect(seen).to.deep.equal(expected);
    });
  }

  it("hands over the parts of a binary message as they come", () => {
    const { seen, reader } = record();
    reader.push(serverFrame(2, Buffer.from([1]), false));
    reader.push(serverFrame(0, Buffer.from([2])));
    expect(seen).to.deep.equal(["binary 1 1", "binary 1 2"]);
  });

  const broken: readonly (readonly [string, Buffer])[] = [
    ["masks its frames", Buffer.from([0x82, 0x81, 0, 0, 0, 0, 1])],
    ["uses bits that were not negotiated", Buffer.from([0xc2, 0x01, 1])],
    ["announces more than anyone sends", Buffer.from([0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0])],
  ];
  for (const [title, bytes] of broken) {
    it(`takes a server for gone that ${title}`, () => {
      const { seen, reader } = record();
      reader.push(bytes);
      expect(seen).to.deep.equal(["close"]);
    });
  }
});

describe("renderFrame()", () => {
  for (const [length, head] of [
    [0, "8280"],
    [125, "82fd"],
    [126, "82fe007e"],
    [65_535, "82feffff"],
    [65_536, "82ff0000000000010000"],
  ] as const) {
    it(`renders ${length} bytes, masked with zero`, () => {
      const frame = renderFrame("binary", Buffer.alloc(length, 7));
      const start = head.length / 2;
      expect(frame.subarray(0, start).toString("hex")).to.equal(head);
      expect(frame.subarray(start, start + 4)).to.deep.equal(Buffer.alloc(4));
      expect(frame.subarray(start + 4)).to.deep.equal(Buffer.alloc(length, 7));
    });
  }
});

import { expect } from "chai";
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readlinkSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { LxdClient } from "../src/index.ts";
import { rejection } from "../../../tests/support/rejection.ts";
import { until } from "../../../tests/support/rig/until.ts";
import { useStandInDaemon } from "./stand-in-daemon.ts";
import { patience } from "./support.ts";

const MIB = 1024 * 1024;
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("Uploads of files of this machine", () => {
  const daemon = useStandInDaemon();
  let file = "";
  let client: LxdClient;
  let received: Buffer;
  let read: (request: IncomingMessage) => Promise<void>;

  const readSlowly = async (request: IncomingMessage) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
      if (chunks.length % 8 === 0) await delay(1);
    }
    received = Buffer.concat(chunks);
  };
  const target = { instance: "x", path: "/f" };
  const openFiles = () =>
    readdirSync("/proc/self/fd").filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === file;
      } catch {
        return false;
      }
    });

  beforeEach(() => {
    file = join(daemon.directory, "content");
    read = readSlowly;
    daemon.answer = (request, response) => {
      void read(request).then(() => response.end('{"type":"sync","metadata":{}}'));
    };
    client = daemon.client();
  });

  for (const size of [0, 1, MIB - 1, MIB, MIB + 1, 9 * MIB + 123]) {
    it(`arrive as they are, however slowly LXD reads: ${size} bytes`, async () => {
      const content = randomBytes(size);
      writeFileSync(file, content);
      await client.files.put(target, { file }, {}, patience());
      expect(sha256(received)).to.equal(sha256(content));
      expect(openFiles()).to.be.empty;
    });
  }

  it("arrive as they are in the parts of a split image", async () => {
    const content = randomBytes(3 * MIB + 5);
    writeFileSync(file, content);
    const image = { format: "split", type: "container", metadata: { file }, rootfs: { file } } as const;
    await client.images.import(image, {}, patience());
    const parts = received.toString("latin1").split(content.toString("latin1"));
    expect(parts).to.have.length(3);
  });

  it("are not sent when the file is missing, and say which", async () => {
    const error = await rejection(client.files.put(target, { file }, {}, patience()));
    expect(error).to.include({ code: "ENOENT", path: file });
  });

  it("close the file when they are aborted, and when LXD goes away", async () => {
    writeFileSync(file, Buffer.alloc(64 * MIB));
    const controller = new AbortController();
    const reason = new Error("enough");
    read = () => {
      controller.abort(reason);
      return new Promise(() => undefined);
    };
    expect(await rejection(client.files.put(target, { file }, {}, controller.signal))).to.equal(reason);
    read = (request) => {
      request.socket.destroy();
      return Promise.resolve();
    };
    expect(await rejection(client.files.put(target, { file }, {}, patience()))).to.include({
      code: "lxd-unreachable",
    });
    await until("a closed file", () => Promise.resolve(openFiles().length === 0), patience());
  });
});

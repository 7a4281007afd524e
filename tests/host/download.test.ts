import { once } from "node:events";
import { stat, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { Agent } from "undici";
import { AnswerError, download } from "../../src/host/download.ts";
import { rejection } from "../support/rejection.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";
import { soon } from "../support/patience.ts";

const MIB = 1024 * 1024;
const BLOCK = Buffer.alloc(64 * 1024, "x");

describe("download()", () => {
  const directory = useTemporaryDirectory();
  const agent = new Agent();
  let server: Server;
  let answer: RequestListener;

  before(async () => {
    server = createServer((request, response) => {
      answer(request, response);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await agent.destroy();
  });

  const path = () => join(directory.path, "file");
  const fetchFile = (longest: number) => {
    const { port } = server.address() as AddressInfo;
    const file = { url: `http://127.0.0.1:${port}/file`, token: undefined, path: path(), longest };
    return download(file, agent, soon());
  };
  /** Sends without an end, however slowly the client reads. */
  const endless: RequestListener = (_request, response) => {
    const send = () => {
      while (!response.destroyed && response.write(BLOCK)) continue;
    };
    response.on("drain", send);
    send();
  };

  it("stops at the first byte beyond the longest file, with little memory", async () => {
    answer = endless;
    const before = process.memoryUsage().rss;
    const error = await rejection(fetchFile(32 * MIB));
    expect(error).to.be.instanceOf(AnswerError);
    expect(error.message).to.equal("it is larger than any version of it");
    expect((await stat(path())).size).to.be.at.most(32 * MIB);
    expect(process.memoryUsage().rss - before).to.be.below(64 * MIB);
  });

  it("accepts a file that is as long as allowed", async () => {
    answer = (_request, response) => response.end(Buffer.alloc(MIB));
    await fetchFile(MIB);
    expect((await stat(path())).size).to.equal(MIB);
  });

  it("counts the bytes of an earlier attempt", async () => {
    await writeFile(path(), Buffer.alloc(MIB));
    answer = (_request, response) => {
      response.writeHead(206, { "content-range": `bytes ${MIB}-*/*` });
      response.end(Buffer.alloc(MIB));
    };
    expect(await rejection(fetchFile(2 * MIB - 1))).to.be.instanceOf(AnswerError);
    expect((await stat(path())).size).to.be.at.most(2 * MIB - 1);
  });

  it("does not decompress what it stores", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * MIB));
    answer = (_request, response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      response.end(bomb);
    };
    await fetchFile(MIB);
    expect((await stat(path())).size).to.equal(bomb.length);
  });
});

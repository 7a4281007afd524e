import { expect } from "chai";
import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { DeadlineError } from "charm-kit";
import { LxdAnswerError, OutputLimitError, type LxdClient } from "../src/index.ts";
import { rejection } from "../../../tests/support/rejection.ts";
import { useStandInDaemon } from "./stand-in-daemon.ts";
import { patience } from "./support.ts";

const MIB = 1024 * 1024;

describe("Answers of LXD that are no answers", () => {
  const daemon = useStandInDaemon();
  let client: LxdClient;

  beforeEach(() => {
    client = daemon.client({ answerBytes: MIB });
  });

  const sync = (metadata: unknown) => JSON.stringify({ type: "sync", metadata });
  /** Sends text without an end, and counts what the client lets through. */
  const flood = (status: number, begin: string) => {
    const sent = { bytes: 0 };
    daemon.answer = (_request, response) => {
      response.writeHead(status).write(begin);
      const chunk = Buffer.alloc(64 * 1024, " ");
      const more = () => {
        while (!response.destroyed && response.write(chunk)) sent.bytes += chunk.length;
      };
      response.on("drain", more);
      more();
    };
    return sent;
  };
  const kinds: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["a list", () => client.instances.list(undefined, patience())],
    ["an object", () => client.profiles.get("p", patience())],
    ["the result of a mutation", () => client.profiles.delete("p", patience())],
    ["the state of an operation", () => client.operations.wait("x", patience())],
  ];

  for (const [title, call] of kinds) {
    it("ask for a list again when an object of it goes meanwhile, a few times", async () => {
      let asked = 0;
      const gone = (until: number) => (_request: unknown, response: ServerResponse) => {
        asked += 1;
        const isGone = asked <= until;
        response.writeHead(isGone ? 404 : 200);
        response.end(
          isGone
            ? JSON.stringify({ type: "error", error: "Storage pool not found", error_code: 404 })
            : sync([]),
        );
      };
      daemon.answer = gone(2);
      expect(await client.storagePools.list(patience())).to.deep.equal([]);
      asked = 0;
      daemon.answer = gone(Infinity);
      expect(await rejection(client.storagePools.list(patience()))).to.include({ notFound: true });
      expect(asked).to.equal(5);
    });

    it(`are not read beyond the limit, which the error names: ${title}`, async () => {
      const sent = flood(200, '{"type":"sync","metadata":');
      const error = await rejection(call());
      expect(error)
        .to.be.instanceOf(OutputLimitError)
        .and.include({ code: "lxd-output-limit", limitBytes: MIB });
      expect(error.message).to.match(/: LXD's answer is larger than 1048576 bytes$/);
      expect(sent.bytes).to.be.lessThan(8 * MIB);
    });
  }

  it("are read up to the limit", async () => {
    const name = "a".repeat(MIB - sync(["/1.0/instances/"]).length);
    daemon.answer = (_request, response) => response.end(sync([`/1.0/instances/${name}`]));
    expect(await client.instances.names(patience())).to.deep.equal([name]);
    daemon.answer = (_request, response) => response.end(sync([`/1.0/instances/${name}a`]));
    expect(await rejection(client.instances.names(patience()))).to.be.instanceOf(OutputLimitError);
  });

  it("are not read beyond a limit when they are errors; their status is kept", async () => {
    const sent = flood(404, '{"type":"error","error":"');
    expect(await rejection(client.profiles.get("p", patience()))).to.include({ code: "lxd", status: 404 });
    expect(sent.bytes).to.be.lessThan(8 * MIB);
  });

  it("are refused when they are compressed: nothing asks for it, and their size is not known", async () => {
    daemon.answer = (_request, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(64 * MIB, " ")));
    const error = await rejection(client.instances.names(patience()));
    expect(error).to.be.instanceOf(LxdAnswerError).and.include({ code: "lxd-answer" });
    expect(error.message).to.equal(
      "Cannot list the instances: LXD's answer has the content encoding 'gzip', which was not requested",
    );
    expect(await rejection(client.files.get({ instance: "x", path: "/f" }, patience()))).to.include({
      code: "lxd-answer",
    });
  });

  const garbled: readonly (readonly [string, string])[] = [
    ["nothing", ""],
    ["no JSON", "<html>"],
    ["JSON that is cut short", '{"type":"sync","metadata":['],
    ["a number", "7"],
    ["null", "null"],
    ["an unknown type", '{"type":"maybe"}'],
    ["text for a list", sync("text")],
    ["a list of null", sync([null])],
  ];
  for (const [title, text] of garbled) {
    it(`are an error of this client: ${title}`, async () => {
      daemon.answer = (_request, response) => response.end(text);
      const error = await rejection(client.instances.list(undefined, patience()));
      expect(error).to.be.instanceOf(LxdAnswerError);
      expect(error.message).to.match(/^Cannot list the instances: LXD's answer /);
    });
  }

  const objects: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["an instance", () => client.instances.get("x", patience())],
    ["the state of an instance", () => client.instances.state("x", patience())],
    ["a profile", () => client.profiles.get("x", patience())],
    ["a network", () => client.networks.get("x", patience())],
    ["the state of a network", () => client.networks.state("x", patience())],
    ["a network ACL", () => client.networkACLs.get("x", patience())],
    ["a storage pool", () => client.storagePools.get("x", patience())],
    ["an image", () => client.images.get("x", patience())],
    ["the result of a change", () => client.instances.changeState("x", { action: "start" }, patience())],
    ["the result of a deletion", () => client.profiles.delete("x", patience())],
  ];
  for (const [title, call] of objects) {
    it(`are an error of this client when they are no object: ${title}`, async () => {
      for (const metadata of [42, "text", [], true]) {
        daemon.answer = (_request, response) => response.end(sync(metadata));
        expect(await rejection(call()), JSON.stringify(metadata)).to.be.instanceOf(LxdAnswerError);
      }
    });
  }

  it("are an error of this client: an instance without a name", async () => {
    daemon.answer = (_request, response) => response.end(sync({ status: "Running", config: {} }));
    expect(await rejection(client.instances.get("x", patience()))).to.be.instanceOf(LxdAnswerError);
  });

  it("are an error of this client: no HTTP, and a head without an end", async () => {
    daemon.answer = (_request, response) => response.socket?.end("SSH-2.0-OpenSSH\r\n\r\n");
    expect(await rejection(client.instances.names(patience()))).to.be.instanceOf(LxdAnswerError);
    daemon.answer = (_request, response) =>
      response.socket?.write(`HTTP/1.1 200 OK\r\nx: ${"x".repeat(MIB)}`);
    expect(await rejection(client.instances.names(patience()))).to.be.instanceOf(LxdAnswerError);
  });

  it("do not stall without an end", async () => {
    client = daemon.client({ stalledMs: 100 });
    daemon.answer = (_request, response) => response.writeHead(200).write("{");
    expect(await rejection(client.instances.names(patience())))
      .to.be.instanceOf(DeadlineError)
      .and.include({ action: "list the instances", limitMs: 100 });
  });

  it("are an error of this client: an operation without an identity or without WebSockets", async () => {
    daemon.answer = (_request, response) =>
      response.writeHead(202).end(JSON.stringify({ type: "async", metadata: null }));
    expect(await rejection(client.profiles.delete("p", patience()))).to.be.instanceOf(LxdAnswerError);
    const request = { command: ["true"] } as const;
    expect(await rejection(client.exec.run("x", request, patience()))).to.be.instanceOf(LxdAnswerError);
    daemon.answer = (_request, response) => {
      response.writeHead(202).end(JSON.stringify({ type: "async", metadata: { id: "x", metadata: {} } }));
    };
    expect(await rejection(client.exec.run("x", request, patience()))).to.be.instanceOf(LxdAnswerError);
  });
});

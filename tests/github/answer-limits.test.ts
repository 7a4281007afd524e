import { pipeline } from "node:stream/promises";
import { createGzip, gzipSync } from "node:zlib";
import { expect } from "chai";
import { rejection } from "../support/rejection.ts";
import { RegistrationLostError, UnavailableError } from "../../src/github/errors.ts";
import { clientOf, json, never, page, useStubGithub, type Answer } from "./support.ts";

const RUNNERS = "/repos/octo/hello/actions/runners";
const LIST = `GET ${RUNNERS}`;
const MIB = 1024 * 1024;
const asJson = { "content-type": "application/json" };

/** Unpacks to 600 MiB of spaces, from 600 KiB. */
const bomb: Answer = (response) => {
  response.writeHead(200, { ...asJson, "content-encoding": "gzip" });
  const block = Buffer.alloc(MIB, " ");
  const blocks = Array.from({ length: 600 }, () => block);
  // The client ends the connection.
  pipeline(blocks, createGzip(), response).catch(() => undefined);
};

/** Never ends, and each of its bytes unpacks to nothing or to itself. */
function endless(block: Buffer, headers: Readonly<Record<string, string>> = {}): Answer {
  return (response) => {
    response.writeHead(200, { ...asJson, ...headers });
    const send = () => {
      while (!response.destroyed && response.write(block)) continue;
    };
    response.on("drain", send).on("close", () => response.off("drain", send));
    send();
  };
}

/** Any number of these unpack to nothing. */
const EMPTY_MEMBER = gzipSync("");

describe("the size of GitHub's answers", function () {
  this.timeout(120_000);
  const github = useStubGithub();

  for (const [title, answer, bound] of [
    ["a gzip bomb", bomb, "16 MiB after decompression"],
    ["text without an end", endless(Buffer.alloc(64 * 1024, " ")), "8 MiB on the wire"],
    [
      "compressed data without an end that unpacks to nothing",
      endless(Buffer.concat(Array.from({ length: 1000 }, () => EMPTY_MEMBER)), {
        "content-encoding": "gzip",
      }),
      "8 MiB on the wire",
    ],
  ] as const) {
    it(`is bounded: ${title} is refused with the bound, after one request and little memory`, async () => {
      github.on(LIST, answer);
      const before = process.memoryUsage().rss;
      const error = await rejection(clientOf(github).list(never));
      expect(error).to.be.instanceOf(UnavailableError);
      expect(error.message).to.equal(
        `Cannot list the runners of 'octo/hello': GitHub's answer is larger than ${bound}`,
      );
      expect(github.requests).to.have.length(1);
      expect(process.memoryUsage().rss - before).to.be.below(200 * MIB);
    });
  }

  it("is bounded where an answer is an error, too", async () => {
    github.on(LIST, (response) => {
      response.writeHead(500, asJson).end(Buffer.alloc(9 * MIB, " "));
    });
    expect((await rejection(clientOf(github).list(never))).message).to.contain("8 MiB on the wire");
  });

  it("leaves no registration behind where the answer to it is too large", async () => {
    github.on(`POST ${RUNNERS}/generate-jitconfig`, bomb).on(LIST, page([]));
    const error = await rejection(clientOf(github).register("app-0-1", ["x"], never));
    expect(error).to.be.instanceOf(RegistrationLostError).with.property("cleaned", true);
  });

  it("may be what a large scope needs", async () => {
    const labels = Array.from({ length: 100 }, (_, id) => ({ id, name: `label-${id}-${"x".repeat(200)}` }));
    const runners = Array.from({ length: 100 }, (_, id) => ({
      ...{ id, name: `app-0-${id}`, status: "online", busy: false, labels },
    }));
    github.on(LIST, json(200, { total_count: 100, runners }));
    expect(await clientOf(github).list(never)).to.have.length(100);
  });
});

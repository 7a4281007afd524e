import { expect } from "chai";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { boundedFetch } from "../../src/github/bounded-fetch.ts";
import { rejection } from "../support/rejection.ts";
import { empty, raw, useStubGithub, type Answer } from "./support.ts";

const LIMITS = { wire: 1000, text: 2000 };

describe("boundedFetch()", () => {
  const github = useStubGithub();
  const elsewhere = useStubGithub();
  const ask = (path: string, method: "GET" | "POST" = "GET") =>
    boundedFetch(undefined, LIMITS)(`${github.url}${path}`, {
      method,
      headers: { authorization: "Bearer secret", "x-own": "1" },
      body: method === "POST" ? "{}" : undefined,
    });
  const packed =
    (encoding: string, content: Buffer): Answer =>
    (response) => {
      response.writeHead(200, { "content-encoding": encoding }).end(content);
    };

  it("reads an answer as it is, and one that is compressed", async () => {
    github
      .on("GET /plain", raw(200, "text", { "X-Name": "value" }))
      .on("GET /gzip", packed("gzip", gzipSync("é".repeat(500))));
    const plain = await ask("/plain");
    expect([plain.status, await plain.text(), plain.headers.get("x-name")]).to.deep.equal([
      200,
      "text",
      "value",
    ]);
    expect(await (await ask("/gzip")).text()).to.equal("é".repeat(500));
    expect(github.requests[1]?.headers["accept-encoding"]).to.equal("gzip");
  });

  it("reads no body where there is none, whatever the headers say", async () => {
    for (const status of [204, 304]) {
      github.on("GET /none", empty(status, { "content-encoding": "gzip" }));
      const answer = await ask("/none");
      expect([answer.status, await answer.text()]).to.deep.equal([status, ""]);
    }
  });

  it("refuses what is cut short, and an encoding that it did not ask for", async () => {
    github
      .on("GET /cut", packed("gzip", gzipSync("text").subarray(0, 12)))
      .on("GET /br", packed("br", brotliCompressSync("text")));
    expect((await rejection(ask("/cut"))).message).to.include("unexpected end of file");
    expect((await rejection(ask("/br"))).message).to.equal(
      "the answer has the content encoding 'br', which was not requested",
    );
  });

  it("follows a redirect, to another host without the token", async () => {
    github
      .on("GET /old", empty(301, { location: "/new" }))
      .on("GET /new", empty(307, { location: `${elsewhere.url}/there` }));
    elsewhere.on("GET /there", raw(200, "found"));
    expect(await (await ask("/old")).text()).to.equal("found");
    expect(github.requests.map(({ headers }) => headers.authorization)).to.deep.equal([
      "Bearer secret",
      "Bearer secret",
    ]);
    expect(elsewhere.requests[0]?.headers)
      .to.include({ "x-own": "1" })
      .and.not.to.have.property("authorization");
  });

  it("sends a body again where a redirect keeps the method", async () => {
    github.on("POST /old", empty(308, { location: "/new" })).on("POST /new", raw(201, "made"));
    expect((await ask("/old", "POST")).status).to.equal(201);
    expect(github.requests.map(({ body }) => body)).to.deep.equal([{}, {}]);
  });

  it("does not follow redirects for ever", async () => {
    github.on("GET /round", (response, { query }) => {
      response.writeHead(302, { location: `/round?turn=${Number(query["turn"] ?? 0) + 1}` }).end();
    });
    expect((await rejection(ask("/round"))).message).to.equal("the server redirects without an end");
    expect(github.requests).to.have.length(21);
  });
});

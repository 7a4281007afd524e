import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { createLogger, silentLogger } from "charm-kit";
import { MetricsEndpoint, type MetricsEndpointOptions } from "../../src/service/metrics-endpoint.ts";
import { freePort } from "../support/free-port.ts";

describe("MetricsEndpoint", () => {
  const endpoints: MetricsEndpoint[] = [];
  const sockets: Socket[] = [];
  const open = async (options: Partial<MetricsEndpointOptions> = {}) => {
    const port = await freePort();
    const expose = (accept = "") =>
      Promise.resolve({ contentType: "text/plain", body: `# ${accept}\nup 1\n` });
    const endpoint = new MetricsEndpoint({ expose, log: silentLogger, ...options });
    endpoints.push(endpoint);
    await endpoint.listen(port);
    return { endpoint, port };
  };
  const get = (port: number, { path = "/metrics", method = "GET", host = "localhost" } = {}) =>
    new Promise<{ readonly status: number | undefined; readonly body: string }>((resolve, reject) => {
      const headers = { host, accept: "x/y" };
      const call = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (answer) => {
        text(answer).then((body) => {
          resolve({ status: answer.statusCode, body });
        }, reject);
      });
      call.on("error", reject).end();
    });
  const hang = (port: number, start: string, isDeaf = false) =>
    new Promise<{ readonly closed: Promise<void> }>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      sockets.push(socket);
      const closed = new Promise<void>((done) => socket.on("error", () => undefined).once("close", done));
      socket.once("close", () => {
        resolve({ closed });
      });
      socket.once("connect", () => {
        if (isDeaf) socket.pause();
        else socket.resume();
        socket.write(start, () => {
          resolve({ closed });
        });
      });
    });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const endpoint of endpoints.splice(0)) await endpoint.close();
  });

  it("serves metrics on loopback, and nothing else", async () => {
    const { port } = await open();
    expect(await get(port)).to.deep.equal({ status: 200, body: "# x/y\nup 1\n" });
    expect(await get(port, { host: `127.0.0.1:${port}` })).to.include({ status: 200 });
    expect(await get(port, { path: "/" })).to.include({ status: 404 });
    expect(await get(port, { method: "POST" })).to.include({ status: 404 });
  });

  it("refuses requests by the name of another origin", async () => {
    const { port } = await open();
    for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1"])
      expect(await get(port, { host }), host).to.include({ status: 403 });
  });

  it("moves to another port, and ends", async () => {
    const { endpoint, port } = await open();
    const next = await freePort();
    await endpoint.listen(next);
    expect(await get(next)).to.include({ status: 200 });
    expect(await get(port).catch((thrown: unknown) => String(thrown))).to.contain("ECONNREFUSED");
    await endpoint.listen(undefined);
    expect(await get(next).catch((thrown: unknown) => String(thrown))).to.contain("ECONNREFUSED");
  });

  it("tells once of a port that is taken, and has it when it is free", async () => {
    const lines: string[] = [];
    const log = createLogger(
      (_level, line) => lines.push(line),
      (line) => line,
    );
    const first = await open();
    const second = new MetricsEndpoint({
      expose: () => Promise.resolve({ contentType: "text/plain", body: "second" }),
      log,
    });
    endpoints.push(second);
    await second.listen(first.port);
    await second.listen(first.port);
    expect(second.fault).to.contain(`port ${first.port}`).and.to.contain("set metrics-port");
    expect(lines).to.have.lengthOf(1);
    await first.endpoint.close();
    await second.listen(first.port);
    expect(second.fault).to.equal(undefined);
    expect(await get(first.port)).to.include({ body: "second" });
  });

  it("answers with an error when the metrics cannot be read", async () => {
    const { port } = await open({ expose: () => Promise.reject(new Error("no")) });
    expect(await get(port)).to.include({ status: 500 });
  });

  it("ends scrapers that hang: before, in and after their request", async () => {
    const body = "x".repeat(64 * 1024 * 1024);
    const { port } = await open({
      limitMs: 1000,
      expose: () => Promise.resolve({ contentType: "text/plain", body }),
    });
    const hanging = await Promise.all([
      hang(port, ""),
      hang(port, "GET /metrics HTTP/1.1\r\nHost: local"),
      hang(port, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", true),
    ]);
    await Promise.all(hanging.slice(0, 2).map(({ closed }) => closed));
    // What the kernels hold is still to be read, and no more than that.
    const [, , deaf] = sockets;
    let read = 0;
    deaf?.on("data", (chunk: Buffer) => (read += chunk.length)).resume();
    await hanging[2].closed;
    expect(read).to.be.below(body.length / 2);
    const { port: other } = await open({ limitMs: 1000, expose: () => new Promise(() => undefined) });
    await (
      await hang(other, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
    ).closed;
  });

  it("serves again after a thousand connections", async () => {
    const { port } = await open({ limitMs: 1000 });
    const before = process.memoryUsage.rss();
    const hanging = await Promise.all(
      Array.from({ length: 1000 }, () => hang(port, "GET /metrics HTTP/1.1\r\n")),
    );
    await Promise.all(hanging.map(({ closed }) => closed));
    expect(await get(port)).to.include({ status: 200 });
    expect(process.memoryUsage.rss() - before).to.be.below(64 * 1024 * 1024);
  }).timeout(120_000);
});

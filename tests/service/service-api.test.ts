import * as diagnostics from "node:diagnostics_channel";
import type { Server } from "node:net";
import { type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { ServiceApi, SocketTakenError } from "../../src/service/service-api.ts";
import type { ServiceStatus } from "../../src/unit/service-status.ts";
import { soon } from "../support/patience.ts";
import { rejection } from "../support/rejection.ts";
import { until } from "../support/rig/until.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";
import { sampleStatus } from "./sample-status.ts";

const STATUS = sampleStatus();
/** Told of by Node.js, with the server, when one is to listen. */
const LISTENS = "tracing:net.server.listen:asyncStart";

describe("ServiceApi", () => {
  const directory = useTemporaryDirectory();
  const path = () => join(directory.path, "service.sock");
  const asked: string[] = [];
  let round = Promise.resolve(STATUS);
  const apis: ServiceApi[] = [];
  const open = async () => {
    const api = new ServiceApi({
      path: path(),
      status: () => STATUS,
      metrics: (accept) => Promise.resolve({ contentType: `text/${accept ?? "plain"}`, body: "up 1\n" }),
      reconcile: (reason) => {
        asked.push(reason);
        return round;
      },
    });
    await api.open();
    apis.push(api);
    return api;
  };
  const ask = (method: string, target: string, headers: OutgoingHttpHeaders = {}) =>
    new Promise<{ readonly status: number | undefined; readonly body: string }>((resolve, reject) => {
      const call = request({ socketPath: path(), method, path: target, headers }, (answer) => {
        text(answer).then((body) => {
          resolve({ status: answer.statusCode, body });
        }, reject);
      });
      call.on("error", reject).end();
    });
  afterEach(async () => {
    for (const api of apis.splice(0)) await api.close();
  });

  it("tells the status as JSON, on a socket for root alone", async () => {
    await open();
    const { status, body } = await ask("GET", "/status");
    expect(status).to.equal(200);
    expect(JSON.parse(body)).to.include({ unit: "runners/0", wanted: 2 });
    expect((await stat(path())).mode & 0o777).to.equal(0o600);
  });

  it("goes on whenever the kernel cannot accept a connection", async () => {
    const servers: Server[] = [];
    const keep = (listened: unknown) => {
      servers.push((listened as { readonly server: Server }).server);
    };
    diagnostics.subscribe(LISTENS, keep);
    await open().finally(() => diagnostics.unsubscribe(LISTENS, keep));
    for (const server of [...servers, ...servers]) server.emit("error", new Error("accept ENOMEM"));
    expect(servers).to.have.length(1);
    expect(await ask("GET", "/status")).to.include({ status: 200 });
  });

  it("serves metrics", async () => {
    await open();
    expect(await ask("GET", "/metrics")).to.deep.equal({ status: 200, body: "up 1\n" });
  });

  it("asks for a round, and says what it knows otherwise", async () => {
    await open();
    expect(await ask("POST", "/reconcile")).to.include({ status: 202 });
    expect(await ask("POST", "/reconcile/runners")).to.include({ status: 202 });
    expect(asked).to.deep.equal(["request", "runners"]);
    expect(await ask("GET", "/reconcile")).to.include({ status: 404 });
  });

  it("answers after the round where the request prefers to wait", async () => {
    await open();
    const { promise, resolve } = Promise.withResolvers<ServiceStatus>();
    round = promise;
    const answer = ask("POST", "/reconcile", { prefer: "wait" });
    expect(await ask("POST", "/reconcile")).to.include({ status: 202 });
    resolve({ ...STATUS, wanted: 7 });
    const { status, body } = await answer;
    expect([status, (JSON.parse(body) as ServiceStatus).wanted]).to.deep.equal([200, 7]);
  });

  it("sends the status at once and at each change to readers of events", async () => {
    const api = await open();
    const events = await new Promise<string[]>((resolve, reject) => {
      const got: string[] = [];
      const call = request({ socketPath: path(), path: "/events" }, (answer) => {
        answer.on("data", (chunk) => {
          got.push(String(chunk));
          if (got.length === 1) api.publish({ ...STATUS, wanted: 3 });
          else {
            call.destroy();
            resolve(got);
          }
        });
      });
      call.on("error", reject).end();
    });
    expect(events.map((event) => (JSON.parse(event.slice(6)) as ServiceStatus).wanted)).to.deep.equal([2, 3]);
  });

  /** A reader of events that reads only when it is told to. */
  const subscribe = () =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const call = request({ socketPath: path(), path: "/events", agent: false }, (answer) => {
        answer.on("error", () => undefined);
        resolve(answer);
      });
      call.on("error", reject).end();
    });

  const closeOf = (answer: IncomingMessage) =>
    new Promise<void>((resolve) => {
      answer.on("close", resolve);
    });

  it("ends the connection of a reader of events that does not read, and serves the others", async () => {
    const api = await open();
    const slow = await subscribe();
    const closed = closeOf(slow);
    const quick = (await subscribe()).resume();
    const notices = ["x".repeat(100_000)];
    for (let sent = 0; sent < 40; sent += 1) {
      api.publish({ ...STATUS, notices });
      await new Promise(setImmediate);
    }
    await Promise.race([closed, ask("GET", "/status")]);
    slow.resume();
    await closed;
    expect(slow.complete).to.equal(false);
    expect(quick.closed).to.equal(false);
    expect(await ask("GET", "/status")).to.include({ status: 200 });
    quick.destroy();
  });

  it("keeps connections free for hooks, however many readers of events there are", async () => {
    await open();
    const readers = await Promise.all(Array.from({ length: 40 }, subscribe));
    expect(readers.filter(({ statusCode }) => statusCode === 200)).to.have.length(16);
    expect(readers.filter(({ statusCode }) => statusCode === 503)).to.have.length(24);
    expect(await ask("GET", "/status")).to.include({ status: 200 });
    for (const reader of readers) reader.destroy();
    const late = await until(
      "a free seat",
      async () => {
        const answer = await subscribe();
        if (answer.statusCode === 200) return answer;
        answer.destroy();
        return undefined;
      },
      soon(),
    );
    late.destroy();
  });

  it("lets no request and no reader of events outlive it", async () => {
    const api = await open();
    const reader = (await subscribe()).resume();
    const closed = closeOf(reader);
    await api.close();
    await closed;
    expect((await rejection(ask("GET", "/status"))).message).to.match(/ENOENT|ECONNREFUSED/);
  });

  it("takes the place of a socket that a killed service left", async () => {
    await writeFile(path(), "");
    await open();
    expect(await ask("GET", "/status")).to.include({ status: 200 });
  });

  it("refuses to serve beside another service of the unit", async () => {
    await open();
    expect(await rejection(open())).to.be.instanceOf(SocketTakenError);
    expect(await ask("GET", "/status")).to.include({ status: 200 });
  });
});

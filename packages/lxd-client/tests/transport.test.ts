import { expect } from "chai";
import { chmodSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import sinon from "sinon";
import { DeadlineError } from "charm-kit";
import { connect, LXD, LxdClient, LxdError, LxdUnreachableError, OperationError } from "../src/index.ts";
import { RawPeer } from "./raw-websocket.ts";
import { rejection } from "../../../tests/support/rejection.ts";
import { until } from "../../../tests/support/rig/until.ts";
import { useStandInDaemon } from "./stand-in-daemon.ts";
import { patience } from "./support.ts";

const sync = (metadata: unknown) => ({
  type: "sync",
  status_code: 200,
  operation: "",
  error_code: 0,
  error: "",
  metadata,
});
const failure = (error_code: number, error: string) => ({ ...sync(null), type: "error", error_code, error });
const begun = { ...sync({}), type: "async", operation: "/1.0/operations/the-id" };
const operation = (status_code: number, err = "") =>
  sync({ id: "the-id", class: "task", status_code, status: "", err, metadata: null, resources: null });

describe("LXD client on a socket that misbehaves", () => {
  const daemon = useStandInDaemon();
  let client: LxdClient;

  const say = (status: number, body: unknown) => (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
  };

  beforeEach(() => {
    client = daemon.client();
  });

  const remove = (signal = patience()) => client.instances.delete("x", signal);

  describe("of a daemon that is being restarted", () => {
    const restart = async (downMs: number) => {
      await daemon.leave();
      void delay(downMs).then(() => daemon.listen());
    };

    it("waits for it, as long as it is told to", async () => {
      daemon.answer = say(200, sync(["/1.0/instances/a"]));
      await restart(300);
      const patient = daemon.client({ reachMs: 60_000 });
      expect(await patient.instances.names(patience())).to.deep.equal(["a"]);
      expect(daemon.requests).to.have.length(1);
    });

    it("says that it is away when it does not come back in time", async () => {
      await daemon.leave();
      const patient = daemon.client({ reachMs: 200 });
      expect(await rejection(patient.instances.names(patience()))).to.be.instanceOf(LxdUnreachableError);
      await daemon.listen();
    });

    it("waits once in all calls that follow each other, and again after an answer or a pause", async () => {
      const reachMs = 1000;
      const patient = daemon.client({ reachMs });
      const waited = async () => {
        const from = performance.now();
        expect(await rejection(patient.instances.names(patience()))).to.be.instanceOf(LxdUnreachableError);
        return performance.now() - from;
      };
      await daemon.leave();
      expect(await waited()).to.be.at.least(reachMs - 5);
      for (let call = 0; call < 3; call++) expect(await waited()).to.be.lessThan(reachMs / 2);

      daemon.answer = say(200, sync([]));
      await daemon.listen();
      expect(await patient.instances.names(patience())).to.deep.equal([]);
      await daemon.leave();
      expect(await waited(), "after an answer").to.be.at.least(reachMs - 5);

      await delay(reachMs + 50);
      expect(await waited(), "after a pause").to.be.at.least(reachMs - 5);
      await daemon.listen();
    });

    it("waits no longer when the machine's clock is set back meanwhile", async () => {
      const patient = daemon.client({ reachMs: 200 });
      await daemon.leave();
      expect(await rejection(patient.instances.names(patience()))).to.be.instanceOf(LxdUnreachableError);
      const clock = sinon.useFakeTimers({ now: Date.now() - 3_600_000, toFake: ["Date"] });
      try {
        const thrown = await rejection(patient.instances.names(AbortSignal.timeout(10_000)));
        expect(thrown).to.be.instanceOf(LxdUnreachableError);
      } finally {
        clock.restore();
        await daemon.listen();
      }
    });

    it("waits for one that listens, and says that it starts or ends", async () => {
      const patient = daemon.client({ reachMs: 60_000 });
      const refusals = [
        [503, "LXD is shutting down"],
        [500, "Failed to begin transaction: sql: database is closed"],
        [503, "LXD daemon setup in progress"],
      ] as const;
      for (const [status, text] of refusals) {
        daemon.requests.length = 0;
        daemon.answer = (request, response) => {
          const isFirst = daemon.requests.length === 1;
          say(isFirst ? status : 200, isFirst ? failure(status, text) : sync(["/1.0/instances/a"]))(
            request,
            response,
          );
        };
        expect(await patient.instances.names(patience()), text).to.deep.equal(["a"]);
        expect(daemon.requests, text).to.have.length(2);
      }
    });

    it("repeats no change that such a daemon may have begun, and no stream of bytes", async () => {
      const patient = daemon.client({ reachMs: 60_000 });
      daemon.answer = say(500, failure(500, "Failed to begin transaction: sql: database is closed"));
      const changed = await rejection(patient.instances.delete("x", patience()));
      expect(changed).to.be.instanceOf(LxdError).and.include({ status: 500 });
      daemon.answer = say(503, failure(503, "LXD daemon setup in progress"));
      const content = Readable.from([Buffer.from("image")]);
      const sent = await rejection(patient.images.import({ format: "unified", content }, {}, patience()));
      expect(sent).to.be.instanceOf(LxdError).and.include({ status: 503 });
      expect(daemon.requests).to.have.length(2);
    });

    it("says what it was told when that daemon does not answer in time", async () => {
      const patient = daemon.client({ reachMs: 200 });
      daemon.answer = say(503, failure(503, "LXD daemon setup in progress"));
      const thrown = await rejection(patient.instances.names(patience()));
      expect(thrown).to.be.instanceOf(LxdError).and.include({ status: 503 });
    });

    it("waits for none whose pool is not available", async () => {
      const patient = daemon.client({ reachMs: 60_000 });
      daemon.answer = say(503, failure(503, "Storage pool is unavailable on this server"));
      expect(await rejection(patient.instances.names(patience()))).to.be.instanceOf(LxdError);
      expect(daemon.requests).to.have.length(1);
    });

    it("fails at once where no daemon is installed", async () => {
      const nowhere = new LxdClient(
        { path: join(daemon.directory, "none/unix.socket"), dialect: LXD },
        { reachMs: 10 * 60_000 },
      );
      expect(await rejection(nowhere.instances.names(patience()))).to.be.instanceOf(LxdUnreachableError);
      await nowhere.close();
    });
  });

  it("keeps the beginning and the end of an enormous error", async () => {
    daemon.answer = say(500, failure(500, `begin ${"tar: No space left on device\n".repeat(1000)} end`));
    const error = await rejection(remove());
    expect(error)
      .to.be.instanceOf(LxdError)
      .and.include({ status: 500, code: "lxd", action: "delete instance 'x'" });
    expect(error.message)
      .to.match(/^Cannot delete instance 'x': LXD answered 500, begin tar/)
      .and.match(/ end$/);
    expect(error.message.length).to.be.lessThan(2200);
  });

  it("keeps the beginning and the end of an operation's enormous error", async () => {
    const detail = `begin ${"x".repeat(100_000)} end`;
    daemon.answer = (request, response) => {
      say(200, request.method === "DELETE" ? begun : operation(400, detail))(request, response);
    };
    const error = await rejection(remove());
    expect(error).to.be.instanceOf(OperationError).and.include({ operationId: "the-id" });
    expect(error.message)
      .to.match(/begin x/)
      .and.match(/ end$/);
    expect(error.message.length).to.be.lessThan(2200);
  });

  it("takes an instance that ends while LXD is to stop it for one that has stopped", async () => {
    daemon.answer = (request, response) => {
      say(200, request.method === "PUT" ? begun : operation(400, "container is not running"))(
        request,
        response,
      );
    };
    for (const force of [false, true]) {
      const outcome = await client.instances.changeState("x", { action: "stop", force }, patience());
      expect(outcome).to.deep.equal({ state: "done", value: "already" });
    }
    expect(await rejection(client.instances.changeState("x", { action: "freeze" }, patience())))
      .to.be.instanceOf(OperationError)
      .and.include({ notRunning: true });
  });

  it("shows a refusal that is no JSON as it is", async () => {
    daemon.answer = (_request, response) => response.writeHead(400).end("Bad Request");
    expect(await rejection(remove())).to.include({ status: 400, detail: "Bad Request" });
  });

  it("takes a synchronous and an asynchronous answer alike", async () => {
    daemon.answer = say(200, sync({}));
    expect(await remove()).to.deep.equal({ state: "done", value: "deleted" });
    expect(daemon.requests).to.deep.equal(["DELETE /1.0/instances/x"]);

    daemon.answer = (request, response) => {
      const isBegin = request.method === "DELETE";
      say(isBegin ? 202 : 200, isBegin ? begun : operation(200))(request, response);
    };
    expect(await remove()).to.deep.equal({ state: "done", value: "deleted" });
    expect(daemon.requests).to.deep.equal([
      "DELETE /1.0/instances/x",
      "DELETE /1.0/instances/x",
      "GET /1.0/operations/the-id/wait?timeout=60",
    ]);
  });

  it("waits again when a wait ends before the operation", async () => {
    let waits = 0;
    daemon.answer = (request, response) => {
      if (request.method === "DELETE") say(202, begun)(request, response);
      else say(200, operation((waits += 1) < 3 ? 103 : 200))(request, response);
    };
    expect(await remove()).to.have.property("state", "done");
    expect(waits).to.equal(3);
  });

  it("takes an operation that is forgotten for unseen", async () => {
    daemon.answer = (request, response) => {
      if (request.method === "DELETE") say(202, begun)(request, response);
      else say(404, failure(404, "Operation not found"))(request, response);
    };
    expect(await remove()).to.deep.equal({ state: "unseen", operationId: "the-id" });
  });

  it("sees an error that comes with status 200", async () => {
    daemon.answer = (request, response) => {
      if (request.method === "DELETE") say(202, begun)(request, response);
      else say(200, failure(500, "Shutting down"))(request, response);
    };
    expect(await rejection(remove())).to.include({ code: "lxd", status: 500, detail: "Shutting down" });
  });

  it("ends a call that gets no answer at its limit", async () => {
    daemon.answer = () => undefined;
    client = daemon.client({ callMs: 300 });
    const error = await rejection(client.instances.names(patience()));
    expect(error).to.be.instanceOf(DeadlineError).and.include({ limitMs: 300, action: "list the instances" });
  });

  it("ends an operation that does not end at its limit", async () => {
    client = daemon.client({ operationMs: 600 });
    daemon.answer = (request, response) => {
      if (request.method === "DELETE") say(202, begun)(request, response);
    };
    expect(await rejection(remove()))
      .to.be.instanceOf(DeadlineError)
      .and.include({ limitMs: 600 });
  });

  it("ends a call, and a wait, with the reason of its signal", async () => {
    const reason = new Error("enough");
    daemon.answer = () => undefined;
    const called = new AbortController();
    const call = rejection(client.instances.names(called.signal));
    await delay(20);
    called.abort(reason);
    expect(await call).to.equal(reason);

    const waited = new AbortController();
    daemon.answer = (request, response) => {
      if (request.method === "DELETE") say(202, begun)(request, response);
      else waited.abort(reason);
    };
    expect(await rejection(remove(waited.signal))).to.equal(reason);
  });

  it("answers ordinary calls while many waits are under way", async () => {
    const held: (() => void)[] = [];
    daemon.answer = (request, response) => {
      if (request.url === "/1.0/instances") say(200, sync(["/1.0/instances/a?project=p"]))(request, response);
      else if (request.method === "DELETE") say(202, begun)(request, response);
      else
        held.push(() => {
          say(200, operation(200))(request, response);
        });
    };
    const waits = Array.from({ length: 100 }, () => remove());
    await until("all waits", () => Promise.resolve(held.length === waits.length), patience());
    expect(await client.instances.names(patience())).to.deep.equal(["a"]);
    for (const release of held) release();
    expect(await Promise.all(waits)).to.have.length(100);
  });

  it("makes empty lists and maps of null", async () => {
    daemon.answer = say(200, sync(null));
    expect(await client.instances.names(patience())).to.deep.equal([]);
    expect(await client.profiles.list(patience())).to.deep.equal([]);
    expect(await client.operations.list(patience())).to.deep.equal([]);
    daemon.answer = say(200, sync({ name: "p", config: null, devices: null, used_by: null }));
    expect(await client.profiles.get("p", patience())).to.deep.equal({
      name: "p",
      config: {},
      devices: {},
      used_by: [],
    });
  });

  it("percent-encodes names", async () => {
    daemon.answer = say(200, sync({}));
    await client.instances.delete("../a?b#c", patience());
    expect(daemon.requests).to.deep.equal(["DELETE /1.0/instances/..%2Fa%3Fb%23c"]);
  });

  it("says that the connection was lost in the middle of a call", async () => {
    daemon.answer = (request) => request.socket.destroy();
    const error = await rejection(client.instances.names(patience()));
    expect(error)
      .to.be.instanceOf(LxdUnreachableError)
      .and.include({ reason: "lost", code: "lxd-unreachable" });

    daemon.answer = (request, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write('{"type"', () => request.socket.destroy());
    };
    expect(await rejection(client.instances.names(patience()))).to.include({ reason: "lost" });
  });

  it("says that a download was cut short", async () => {
    daemon.answer = (request, response) => {
      response.writeHead(200, { "x-lxd-type": "file", "content-length": "1000" });
      response.write("half", () => request.socket.destroy());
    };
    const error = await rejection(client.files.read({ instance: "x", path: "/f" }, 5000, patience()));
    expect(error).to.include({ reason: "lost" });
  });

  it("answers the pings of the event stream, and says when the stream is lost", async () => {
    const ping = Buffer.from([0x89, 1, 0x78]);
    const answered = Promise.withResolvers<string>();
    daemon.onUpgrade((request, socket) => {
      const peer = new RawPeer(request, socket);
      void peer.write(ping);
      socket.once("data", (bytes: Buffer) => {
        answered.resolve(bytes.toString("hex"));
        socket.destroy();
      });
    });
    const stream = await client.events.open(["lifecycle"], patience());
    const error = await rejection(stream[Symbol.asyncIterator]().next());
    expect(error).to.be.instanceOf(LxdUnreachableError).and.include({ reason: "lost" });
    expect(await answered.promise).to.equal("8a810000000078");
  });

  it("says why the event stream is refused", async () => {
    daemon.answer = say(403, failure(403, "not authorized"));
    expect(await rejection(client.events.open(["lifecycle"], patience()))).to.include({
      code: "lxd",
      status: 403,
    });
  });

  it("tells a socket that is missing from one that nobody listens on", async () => {
    const elsewhere = (path: string) => ({ path: join(daemon.directory, path), dialect: LXD });
    const missing = await rejection(connect(elsewhere("none"), patience()));
    expect(missing)
      .to.be.instanceOf(LxdUnreachableError)
      .and.include({ reason: "missing", socketPath: join(daemon.directory, "none") });
    expect(missing.message).to.match(
      /^Cannot read what LXD offers: the LXD socket .*\/none does not exist; install LXD/,
    );

    writeFileSync(join(daemon.directory, "file"), "");
    expect(await rejection(connect(elsewhere("file"), patience()))).to.include({ reason: "refused" });

    const nowhere = new LxdClient(elsewhere("none"));
    expect(await rejection(nowhere.events.open(["lifecycle"], patience()))).to.include({ reason: "missing" });
    await nowhere.close();
  });

  // Skipped by name where it cannot be asked: only root may become nobody.
  const itAsRoot = process.getuid?.() === 0 ? it : it.skip;
  itAsRoot("says that the socket may not be opened (needs root)", async () => {
    // Root may open any socket, so the question is asked as nobody.
    chmodSync(daemon.directory, 0o755);
    chmodSync(daemon.socketPath, 0o600);
    daemon.answer = say(200, sync([]));
    process.seteuid?.("nobody");
    try {
      expect(await rejection(client.instances.names(patience()))).to.include({ reason: "forbidden" });
    } finally {
      process.seteuid?.(0);
    }
  });

  it("ends what is under way when it is closed", async () => {
    daemon.answer = () => undefined;
    const call = rejection(client.instances.names(patience()));
    await delay(20);
    await client.close();
    expect(await call).to.be.instanceOf(Error);
  });
});

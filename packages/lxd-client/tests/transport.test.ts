import { expect } from "chai";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DeadlineError } from "charm-kit";
import {
  connect,
  type Limits,
  LXD,
  LxdClient,
  LxdError,
  LxdUnreachableError,
  OperationError,
} from "../src/index.ts";
import { RawPeer } from "./raw-websocket.ts";
import { rejection } from "../../../tests/support/rejection.ts";
import { patience } from "./support.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

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

/** What a real daemon cannot be made to do: answers over a real socket that the test chooses. */
describe("LXD client on a socket that misbehaves", () => {
  let directory = "";
  let server: Server;
  let client: LxdClient;
  let answer: Answer;
  const requests: string[] = [];

  const say = (status: number, body: unknown) => (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
  };
  const socketPath = () => join(directory, "unix.socket");
  const clientWith = (limits: Partial<Limits>) => new LxdClient({ path: socketPath(), dialect: LXD }, limits);

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "lxdclient-"));
    requests.length = 0;
    server = createServer((request, response) => {
      requests.push(`${request.method ?? ""} ${request.url ?? ""}`);
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(socketPath(), resolve));
    client = clientWith({ callMs: 300, operationMs: 600 });
  });

  afterEach(async () => {
    await client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(directory, { recursive: true });
  });

  const remove = (signal = patience()) => client.instances.delete("x", signal);

  describe("of a daemon that is being restarted", () => {
    const restart = async (downMs: number) => {
      await new Promise((resolve) => server.close(resolve));
      void delay(downMs).then(() => server.listen(socketPath()));
    };

    it("waits for it, as long as it is told to", async () => {
      answer = say(200, sync(["/1.0/instances/a"]));
      await restart(300);
      const patient = clientWith({ reachMs: 5000 });
      expect(await patient.instances.names(patience())).to.deep.equal(["a"]);
      expect(requests).to.have.length(1);
      await patient.close();
    });

    it("says that it is away when it does not come back in time", async () => {
      await new Promise((resolve) => server.close(resolve));
      const patient = clientWith({ reachMs: 200 });
      expect(await rejection(patient.instances.names(patience()))).to.be.instanceOf(LxdUnreachableError);
      await patient.close();
      await new Promise<void>((resolve) => server.listen(socketPath(), resolve));
    });

    it("waits once in all calls that follow each other, and again after an answer or a pause", async () => {
      const reachMs = 300;
      const patient = clientWith({ reachMs });
      const waited = async () => {
        const from = performance.now();
        expect(await rejection(patient.instances.names(patience()))).to.be.instanceOf(LxdUnreachableError);
        return performance.now() - from;
      };
      const listen = () => new Promise<void>((resolve) => server.listen(socketPath(), resolve));
      await new Promise((resolve) => server.close(resolve));
      expect(await waited()).to.be.at.least(reachMs - 5);
      for (let call = 0; call < 3; call++) expect(await waited()).to.be.lessThan(reachMs / 2);

      answer = say(200, sync([]));
      await listen();
      expect(await patient.instances.names(patience())).to.deep.equal([]);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      expect(await waited(), "after an answer").to.be.at.least(reachMs - 5);

      await delay(reachMs + 50);
      expect(await waited(), "after a pause").to.be.at.least(reachMs - 5);
      await patient.close();
      await listen();
    });

    it("fails at once where no daemon is installed", async () => {
      const nowhere = new LxdClient(
        { path: join(directory, "none/unix.socket"), dialect: LXD },
        { reachMs: 60_000 },
      );
      expect(await rejection(nowhere.instances.names(patience(1000)))).to.be.instanceOf(LxdUnreachableError);
      await nowhere.close();
    });
  });

  it("keeps the beginning and the end of an enormous error", async () => {
    answer = say(500, failure(500, `begin ${"tar: No space left on device\n".repeat(1000)} end`));
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
    answer = (request, response) => {
      say(200, request.method === "DELETE" ? begun : operation(400, detail))(request, response);
    };
    const error = await rejection(remove());
    expect(error).to.be.instanceOf(OperationError).and.include({ operationId: "the-id" });
    expect(error.message)
      .to.match(/begin x/)
      .and.match(/ end$/);
    expect(error.message.length).to.be.lessThan(2200);
  });

  it("shows a refusal that is no JSON as it is", async () => {
    answer = (_request, response) => response.writeHead(400).end("Bad Request");
    expect(await rejection(remove())).to.include({ status: 400, detail: "Bad Request" });
  });

  it("takes a synchronous and an asynchronous answer alike", async () => {
    answer = say(200, sync({}));
    expect(await remove()).to.deep.equal({ state: "done", value: "deleted" });
    expect(requests).to.deep.equal(["DELETE /1.0/instances/x"]);

    answer = (request, response) => {
      const isBegin = request.method === "DELETE";
      say(isBegin ? 202 : 200, isBegin ? begun : operation(200))(request, response);
    };
    expect(await remove()).to.deep.equal({ state: "done", value: "deleted" });
    expect(requests).to.deep.equal([
      "DELETE /1.0/instances/x",
      "DELETE /1.0/instances/x",
      "GET /1.0/operations/the-id/wait?timeout=60",
    ]);
  });

  it("waits again when a wait ends before the operation", async () => {
    let waits = 0;
    answer = (request, response) => {
      if (request.method === "DELETE") say(202, begun)(request, response);
      else say(200, operation((waits += 1) < 3 ? 103 : 200))(request, response);
    };
    expect(await remove()).to.have.property("state", "done");
    expect(waits).to.equal(3);
  });

  it("takes an operation that is forgotten for unseen", async () => {
    answer = (request, response) => {
      if (request.method === "DELETE") say(202, begun)(request, response);
      else say(404, failure(404, "Operation not found"))(request, response);
    };
    expect(await remove()).to.deep.equal({ state: "unseen", operationId: "the-id" });
  });

  it("sees an error that comes with status 200", async () => {
    answer = (request, response) => {
      if (request.method === "DELETE") say(202, begun)(request, response);
      else say(200, failure(500, "Shutting down"))(request, response);
    };
    expect(await rejection(remove())).to.include({ code: "lxd", status: 500, detail: "Shutting down" });
  });

  it("ends a call that gets no answer at its limit", async () => {
    answer = () => undefined;
    const error = await rejection(client.instances.names(patience()));
    expect(error).to.be.instanceOf(DeadlineError).and.include({ limitMs: 300, action: "list the instances" });
  });

  it("ends an operation that does not end at its limit", async () => {
    answer = (request, response) => {
      if (request.method === "DELETE") say(202, begun)(request, response);
    };
    expect(await rejection(remove()))
      .to.be.instanceOf(DeadlineError)
      .and.include({ limitMs: 600 });
  });

  it("ends a call, and a wait, with the reason of its signal", async () => {
    const reason = new Error("enough");
    answer = () => undefined;
    const called = new AbortController();
    const call = rejection(client.instances.names(called.signal));
    await delay(20);
    called.abort(reason);
    expect(await call).to.equal(reason);

    const waited = new AbortController();
    answer = (request, response) => {
      if (request.method === "DELETE") say(202, begun)(request, response);
      else waited.abort(reason);
    };
    expect(await rejection(remove(waited.signal))).to.equal(reason);
  });

  it("answers ordinary calls while many waits are under way", async () => {
    const held: (() => void)[] = [];
    answer = (request, response) => {
      if (request.url === "/1.0/instances") say(200, sync(["/1.0/instances/a?project=p"]))(request, response);
      else if (request.method === "DELETE") say(202, begun)(request, response);
      else
        held.push(() => {
          say(200, operation(200))(request, response);
        });
    };
    const waits = Array.from({ length: 100 }, () => remove());
    while (held.length < waits.length) await delay(1);
    expect(await client.instances.names(patience())).to.deep.equal(["a"]);
    for (const release of held) release();
    expect(await Promise.all(waits)).to.have.length(100);
  });

  it("makes empty lists and maps of null", async () => {
    answer = say(200, sync(null));
    expect(await client.instances.names(patience())).to.deep.equal([]);
    expect(await client.profiles.list(patience())).to.deep.equal([]);
    expect(await client.operations.list(patience())).to.deep.equal([]);
    answer = say(200, sync({ name: "p", config: null, devices: null, used_by: null }));
    expect(await client.profiles.get("p", patience())).to.deep.equal({
      name: "p",
      config: {},
      devices: {},
      used_by: [],
    });
  });

  it("percent-encodes names", async () => {
    answer = say(200, sync({}));
    await client.instances.delete("../a?b#c", patience());
    expect(requests).to.deep.equal(["DELETE /1.0/instances/..%2Fa%3Fb%23c"]);
  });

  it("says that the connection was lost in the middle of a call", async () => {
    answer = (request) => request.socket.destroy();
    const error = await rejection(client.instances.names(patience()));
    expect(error)
      .to.be.instanceOf(LxdUnreachableError)
      .and.include({ reason: "lost", code: "lxd-unreachable" });

    answer = (request, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write('{"type"', () => request.socket.destroy());
    };
    expect(await rejection(client.instances.names(patience()))).to.include({ reason: "lost" });
  });

  it("says that a download was cut short", async () => {
    answer = (request, response) => {
      response.writeHead(200, { "x-lxd-type": "file", "content-length": "1000" });
      response.write("half", () => request.socket.destroy());
    };
    const error = await rejection(client.files.read({ instance: "x", path: "/f" }, 5000, patience()));
    expect(error).to.include({ reason: "lost" });
  });

  it("answers the pings of the event stream, and says when the stream is lost", async () => {
    const ping = Buffer.from([0x89, 1, 0x78]);
    const answered = Promise.withResolvers<string>();
    server.on("upgrade", (request, socket) => {
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
    answer = say(403, failure(403, "not authorized"));
    expect(await rejection(client.events.open(["lifecycle"], patience()))).to.include({
      code: "lxd",
      status: 403,
    });
  });

  it("tells a socket that is missing from one that nobody listens on", async () => {
    const elsewhere = (path: string) => ({ path: join(directory, path), dialect: LXD });
    const missing = await rejection(connect(elsewhere("none"), patience()));
    expect(missing)
      .to.be.instanceOf(LxdUnreachableError)
      .and.include({ reason: "missing", socketPath: join(directory, "none") });
    expect(missing.message).to.match(
      /^Cannot read what LXD offers: the LXD socket .*\/none does not exist; install LXD/,
    );

    writeFileSync(join(directory, "file"), "");
    expect(await rejection(connect(elsewhere("file"), patience()))).to.include({ reason: "refused" });

    const nowhere = new LxdClient(elsewhere("none"));
    expect(await rejection(nowhere.events.open(["lifecycle"], patience()))).to.include({ reason: "missing" });
    await nowhere.close();
  });

  // Skipped by name where it cannot be asked: only root may become nobody.
  const itAsRoot = process.getuid?.() === 0 ? it : it.skip;
  itAsRoot("says that the socket may not be opened (needs root)", async () => {
    // Root may open any socket, so the question is asked as nobody.
    chmodSync(directory, 0o755);
    chmodSync(socketPath(), 0o600);
    answer = say(200, sync([]));
    process.seteuid?.("nobody");
    try {
      expect(await rejection(client.instances.names(patience()))).to.include({ reason: "forbidden" });
    } finally {
      process.seteuid?.(0);
    }
  });

  it("ends what is under way when it is closed", async () => {
    answer = () => undefined;
    const call = rejection(client.instances.names(patience()));
    await delay(20);
    await client.close();
    expect(await call).to.be.instanceOf(Error);
  });
});

import { expect } from "chai";
import { execFileSync, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { openDispatcher } from "../../src/github/own-dispatcher.ts";
import { ArchiveDownloadError, ArchiveError, ArchiveStore } from "../../src/host/archive-store.ts";
import type { RunnerApplication } from "../../src/runners/ports.ts";
import { systemClock, Secret, type Clock } from "charm-kit";
import { soon } from "../support/patience.ts";
import { until } from "../support/rig/until.ts";
import { tarFile } from "./tar-file.ts";

const TOKEN = "short-lived-token-of-a-download";
// Noise, since nothing is left of repetition when it is packed.
const ARCHIVE = tarFile([{ path: "run.sh", content: randomBytes(300_000) }]);
const HALF = Math.floor(ARCHIVE.length / 2);
const SHA256 = sha256Of(ARCHIVE);
const HOLDER = join(import.meta.dirname, "archive-store-holder.ts");
const unaborted = () => new AbortController().signal;
/** Pauses as short as can be. */
const hasty: Clock = { ...systemClock, wait: (_delayMs, signal) => systemClock.wait(1, signal) };

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const whole: Answer = (response) => response.end(ARCHIVE);
const status =
  (code: number): Answer =>
  (response) =>
    response.writeHead(code).end("an answer that is no archive");
const redirectTo =
  (location: () => string): Answer =>
  (response) =>
    response.writeHead(302, { location: location() }).end();
/** Gives the part that is asked for, or the whole. */
const ranged: Answer = (response, request) => {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  if (start === 0) whole(response, request);
  else if (start >= ARCHIVE.length) response.writeHead(416).end();
  else {
    const range = `bytes ${start}-${ARCHIVE.length - 1}/${ARCHIVE.length}`;
    response.writeHead(206, { "content-range": range }).end(ARCHIVE.subarray(start));
  }
};
/** Gives the half and nothing more. */
const stalled: Answer = (response) => {
  response.writeHead(200, { "content-length": String(ARCHIVE.length) });
  response.write(ARCHIVE.subarray(0, HALF));
};

/** A real HTTP server that answers all paths alike, and remembers what it was asked with. */
class Origin {
  answer: Answer = whole;
  readonly requests: IncomingMessage[] = [];
  readonly #server: Server = createServer((request, response) => {
    this.requests.push(request);
    this.answer(response, request);
  });

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  /** Resolves when it is asked for something. */
  async asked(): Promise<void> {
    await once(this.#server, "request");
  }

  /** Answers `CONNECT`, as a proxy does. */
  onConnect(tunnel: (target: string, socket: Duplex) => void): void {
    this.#server.on("connect", (request, socket) => {
      tunnel(request.url ?? "", socket);
    });
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }
}

describe("ArchiveStore", () => {
  let parent = "";
  let directory = "";
  let github: Origin;
  let elsewhere: Origin;
  let store: ArchiveStore;

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), "archive-store-"));
    directory = join(parent, "application");
    store = new ArchiveStore({ directory, clock: hasty });
    [github, elsewhere] = [new Origin(), new Origin()];
    await Promise.all([github.listen(), elsewhere.listen()]);
  });
  afterEach(async () => {
    await Promise.all([github.close(), elsewhere.close()]);
    await rm(parent, { recursive: true, force: true });
  });

  const offer = (change: Partial<RunnerApplication> = {}): RunnerApplication => ({
    version: "2.337.0",
    filename: "actions-runner-linux-x64-2.337.0.tar.gz",
    downloadUrl: `${github.url}/download/runner.tar.gz?x=1`,
    sha256: SHA256,
    downloadToken: undefined,
    ...change,
  });
  const refusal = async (fetching: Promise<string>): Promise<ArchiveError> => {
    const thrown: unknown = await fetching.catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(ArchiveError).with.property("code", "archive");
    return thrown as ArchiveError;
  };
  const failure = async (fetching: Promise<string>): Promise<ArchiveDownloadError> => {
    const thrown: unknown = await fetching.catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(ArchiveDownloadError).with.property("code", "archive-download");
    return thrown as ArchiveDownloadError;
  };
  const kept = () => readdir(directory).catch(() => []);
  const partial = () => stat(join(directory, `${SHA256}.tar.gz.partial`)).catch(() => undefined);
  /** Promises the whole, gives the half and closes the connection. */
  const cut: Answer = (response) => {
    const end = async () => {
      const before = (await partial())?.mtimeMs;
      response.writeHead(200, { "content-length": String(ARCHIVE.length) });
      response.write(ARCHIVE.subarray(0, HALF));
      // Not at once: what was received and not yet written is lost with a connection.
      await until(
        "the half on the disk",
        async () => {
          const now = await partial();
          return now?.size === HALF && now.mtimeMs !== before;
        },
        soon(),
      );
    };
    void end().finally(() => response.destroy());
  };

  it("fetches an archive whose checksum is right, and keeps it", async () => {
    const path = await store.fetch(offer(), unaborted());
    expect((await readFile(path)).equals(ARCHIVE)).to.equal(true);
    expect(await kept()).to.deep.equal([`${SHA256}.tar.gz`]);
    expect(github.requests.map(({ url }) => url)).to.deep.equal(["/download/runner.tar.gz?x=1"]);
    expect((await stat(path)).mode & 0o777).to.equal(0o644);
  });

  it("does not fetch what it has", async () => {
    const path = await store.fetch(offer(), unaborted());
    expect(await new ArchiveStore({ directory, clock: hasty }).fetch(offer(), unaborted())).to.equal(path);
    expect(github.requests).to.have.length(1);
  });

  it("lets the archive of another version go once the new one is there", async () => {
    await mkdir(directory);
    await writeFile(join(directory, `${"0".repeat(64)}.tar.gz`), "an older one");
    await store.fetch(offer(), unaborted());
    expect(await kept()).to.deep.equal([`${SHA256}.tar.gz`]);
  });

  it("refuses an archive whose checksum is wrong, and keeps nothing of it", async () => {
    const sha256 = "ab".repeat(32);
    const { message } = await refusal(store.fetch(offer({ sha256 }), unaborted()));
    expect(message).to.equal(
      `Cannot use the runner application 2.337.0: its checksum is ${SHA256}, and GitHub says ${sha256}; find out who changed it, then run update-dependencies`,
    );
    expect(await kept()).to.deep.equal([]);
  });

  it("refuses an archive that GitHub names no checksum for, without asking for it", async () => {
    const { message } = await refusal(store.fetch(offer({ sha256: undefined }), unaborted()));
    expect(message).to.include("names no checksum");
    expect(github.requests).to.deep.equal([]);
  });

  for (const code of [404, 403, 500, 206, 204]) {
    it(`refuses an answer of status ${code}`, async () => {
      github.answer = status(code);
      const { message } = await failure(store.fetch(offer(), unaborted()));
      expect(message).to.include(`answered ${code}`);
      expect(await kept()).to.deep.equal([]);
    });
  }

  const fetchesWhole = async () => {
    expect((await readFile(await store.fetch(offer(), unaborted()))).equals(ARCHIVE)).to.equal(true);
    expect(await kept()).to.deep.equal([`${SHA256}.tar.gz`]);
  };
  const ranges = () => github.requests.map(({ headers }) => headers.range);

  it("goes on where a download was cut off", async () => {
    github.answer = (response, request) => {
      (request.headers.range === undefined ? cut : ranged)(response, request);
    };
    await fetchesWhole();
    expect(ranges()).to.have.length(2);
    expect(ranges()[1]).to.match(/^bytes=[1-9]\d*-$/);
  });

  it("begins anew where the server gives no parts", async () => {
    github.answer = (response, request) => {
      (request.headers.range === undefined ? cut : whole)(response, request);
    };
    await fetchesWhole();
  });

  it("gives up a download that is cut off again and again, keeps its beginning, and goes on the next time", async () => {
    github.answer = cut;
    await failure(store.fetch(offer(), unaborted()));
    expect(await kept()).to.deep.equal([`${SHA256}.tar.gz.partial`]);
    github.requests.length = 0;
    github.answer = ranged;
    await fetchesWhole();
    expect(ranges()).to.have.length(1);
    expect(ranges()[0]).to.match(/^bytes=[1-9]\d*-$/);
  });

  for (const [title, beginning] of [
    ["is of another file", Buffer.alloc(1000, "x")],
    ["is longer than the file", Buffer.concat([ARCHIVE, Buffer.alloc(1000)])],
  ] as const) {
    it(`begins anew where what was left ${title}`, async () => {
      await mkdir(directory);
      await writeFile(join(directory, `${SHA256}.tar.gz.partial`), beginning);
      github.answer = ranged;
      await store.fetch(offer(), unaborted()).catch(() => undefined);
      await fetchesWhole();
    });
  }

  it("refuses an archive with members that lead out of it, though its checksum is right", async () => {
    const hostile = tarFile([{ path: "run.sh" }, { path: "../../etc/cron.d/evil" }]);
    github.answer = (response) => response.end(hostile);
    const { message } = await refusal(store.fetch(offer({ sha256: sha256Of(hostile) }), unaborted()));
    expect(message).to.include('its member "../../etc/cron.d/evil" has a path that leads out of it');
    expect(await kept()).to.deep.equal([]);
  });

  it("keeps nothing where the disk is full, says so, and succeeds once there is room", async function () {
    if (process.getuid?.() !== 0) this.skip();
    await mkdir(directory);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=200k", "archive-test", directory]);
    try {
      const { message } = await failure(store.fetch(offer(), unaborted()));
      expect(message).to.match(/ENOSPC|no space left/i);
      expect(await kept()).to.deep.equal([]);
      execFileSync("mount", ["-o", "remount,size=2m", directory]);
      await fetchesWhole();
    } finally {
      execFileSync("umount", [directory]);
    }
  });

  it("is fetched once by two processes that want it at the same time", async () => {
    github.answer = (response, request) =>
      setTimeout(() => {
        ranged(response, request);
      }, 300);
    const url = `${github.url}/runner.tar.gz`;
    const holders = [1, 2].map(() =>
      spawn(process.execPath, [HOLDER, directory, url, SHA256], { stdio: "inherit" }),
    );
    const codes = await Promise.all(holders.map(async (holder) => (await once(holder, "exit"))[0] as number));
    expect(codes).to.deep.equal([0, 0]);
    expect(github.requests).to.have.length(1);
    expect(await kept()).to.deep.equal([`${SHA256}.tar.gz`]);
  });

  it("goes through the model's proxy, but for hosts that are reached directly", async () => {
    const proxies = { http: elsewhere.url, https: undefined, noProxy: "" };
    const seen: string[] = [];
    elsewhere.onConnect((target, socket) => {
      seen.push(target);
      const { hostname, port } = new URL(`http://${target}`);
      const upstream = connect(Number(port), hostname, () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
      });
      upstream.pipe(socket).pipe(upstream);
      upstream.on("error", () => socket.destroy());
      socket.on("error", () => upstream.destroy());
    });
    const by = (noProxy: string) =>
      new ArchiveStore({ directory, openDispatcher: () => openDispatcher({ ...proxies, noProxy }) });
    await by("").fetch(offer(), unaborted());
    expect([...seen, ...elsewhere.requests.map(({ url }) => url)].join()).to.include(
      new URL(github.url).host,
    );
    const proxied = seen.length + elsewhere.requests.length;
    await rm(directory, { recursive: true });
    await by("127.0.0.1").fetch(offer(), unaborted());
    expect(seen.length + elsewhere.requests.length).to.equal(proxied);
  });

  it("tells that nobody answers", async () => {
    const closed = new Origin();
    await closed.listen();
    const downloadUrl = `${closed.url}/runner.tar.gz`;
    await closed.close();
    await failure(store.fetch(offer({ downloadUrl }), unaborted()));
    expect(await kept()).to.deep.equal([]);
  });

  it("sends the download's token to GitHub", async () => {
    await store.fetch(offer({ downloadToken: new Secret(TOKEN) }), unaborted());
    expect(github.requests[0]?.headers.authorization).to.equal(`Bearer ${TOKEN}`);
  });

  it("follows a redirect to another origin, which does not see the token", async () => {
    github.answer = redirectTo(() => `${elsewhere.url}/signed`);
    const path = await store.fetch(offer({ downloadToken: new Secret(TOKEN) }), unaborted());
    expect((await readFile(path)).equals(ARCHIVE)).to.equal(true);
    expect(elsewhere.requests.map(({ url }) => url)).to.deep.equal(["/signed"]);
    expect(JSON.stringify(elsewhere.requests[0]?.rawHeaders)).not.to.include(TOKEN);
  });

  it("does not follow redirects for ever", async () => {
    github.answer = redirectTo(() => `${github.url}/again`);
    await failure(store.fetch(offer(), unaborted()));
    expect(github.requests.length).to.be.within(2, 10);
  });

  it("says nothing of the token in an error", async () => {
    github.answer = status(401);
    const error = await failure(store.fetch(offer({ downloadToken: new Secret(TOKEN) }), unaborted()));
    expect(`${error.stack}${JSON.stringify(error)}${String(error.cause)}`).not.to.include(TOKEN);
  });

  it("ends at an abort with its reason", async () => {
    github.answer = stalled;
    const controller = new AbortController();
    const fetching = store.fetch(offer(), controller.signal);
    await github.asked();
    const reason = new Error("the unit is stopping");
    controller.abort(reason);
    expect(await fetching.catch((thrown: unknown) => thrown)).to.equal(reason);
    expect(await kept()).to.not.include(`${SHA256}.tar.gz`);
  });

  it("goes on where a kill left half a download", async () => {
    github.answer = stalled;
    const url = `${github.url}/runner.tar.gz`;
    const holder = spawn(process.execPath, [HOLDER, directory, url, SHA256], { stdio: "inherit" });
    await github.asked();
    await until("a beginning", async () => ((await partial())?.size ?? 0) > 0, soon());
    holder.kill("SIGKILL");
    await once(holder, "exit");
    expect(await kept()).to.deep.equal([`${SHA256}.tar.gz.partial`]);
    github.answer = ranged;
    await fetchesWhole();
    expect(ranges().at(-1)).to.match(/^bytes=[1-9]\d*-$/);
  });
});

function sha256Of(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

import { expect } from "chai";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ArchiveDownloadError, ArchiveError, ArchiveStore } from "../../src/host/archive-store.ts";
import type { RunnerApplication } from "../../src/runners/ports.ts";
import { Secret } from "../../src/support/secret.ts";

const TOKEN = "short-lived-token-of-a-download";
const ARCHIVE = Buffer.alloc(300_000, "the runner application ");
const SHA256 = createHash("sha256").update(ARCHIVE).digest("hex");
const HOLDER = join(import.meta.dirname, "archive-store-holder.ts");
const unaborted = () => new AbortController().signal;

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
/** Promises the whole, gives the half and closes the connection. */
const cut: Answer = (response) => {
  response.writeHead(200, { "content-length": String(ARCHIVE.length) });
  response.write(ARCHIVE.subarray(0, ARCHIVE.length / 2), () => response.destroy());
};
/** Gives the half and nothing more. */
const stalled: Answer = (response) => {
  response.writeHead(200, { "content-length": String(ARCHIVE.length) });
  response.write(ARCHIVE.subarray(0, ARCHIVE.length / 2));
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
    store = new ArchiveStore(directory);
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

  it("fetches an archive whose checksum is right, and keeps it", async () => {
    const path = await store.fetch(offer(), unaborted());
    expect((await readFile(path)).equals(ARCHIVE)).to.equal(true);
    expect(await kept()).to.deep.equal([`${SHA256}.tar.gz`]);
    expect(github.requests.map(({ url }) => url)).to.deep.equal(["/download/runner.tar.gz?x=1"]);
    expect((await stat(path)).mode & 0o777).to.equal(0o644);
  });

  it("does not fetch what it has", async () => {
    const path = await store.fetch(offer(), unaborted());
    expect(await new ArchiveStore(directory).fetch(offer(), unaborted())).to.equal(path);
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
      `Cannot use the runner application 2.337.0: its checksum is ${SHA256}, and GitHub says ${sha256}`,
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

  it("keeps nothing of a download that is cut off, and the next one succeeds", async () => {
    github.answer = cut;
    await failure(store.fetch(offer(), unaborted()));
    expect(await kept()).to.deep.equal([]);
    github.answer = whole;
    expect((await readFile(await store.fetch(offer(), unaborted()))).equals(ARCHIVE)).to.equal(true);
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

  it("ends at an abort with its reason, and keeps nothing", async () => {
    github.answer = stalled;
    const controller = new AbortController();
    const fetching = store.fetch(offer(), controller.signal);
    await github.asked();
    const reason = new Error("the unit is stopping");
    controller.abort(reason);
    expect(await fetching.catch((thrown: unknown) => thrown)).to.equal(reason);
    expect(await kept()).to.deep.equal([]);
  });

  it("begins anew where a kill left half a download", async () => {
    github.answer = stalled;
    const url = `${github.url}/runner.tar.gz`;
    const holder = spawn(process.execPath, [HOLDER, directory, url, SHA256], { stdio: "inherit" });
    await github.asked();
    while ((await kept()).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    holder.kill("SIGKILL");
    await once(holder, "exit");
    expect(await kept()).to.deep.equal([`${SHA256}.tar.gz.partial`]);
    github.answer = whole;
    const path = await store.fetch(offer(), unaborted());
    expect((await readFile(path)).equals(ARCHIVE)).to.equal(true);
    expect(await kept()).to.deep.equal([`${SHA256}.tar.gz`]);
  });
});

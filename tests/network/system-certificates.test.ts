import { expect } from "chai";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { promisify } from "node:util";
import { makeCertificates, type TestCertificates } from "../support/simplestreams/test-certificates.ts";
import { soon } from "../support/patience.ts";

const MODULE = join(import.meta.dirname, "../../src/network/system-certificates.ts");
const PROGRAM = `
  import { trustCertificates, withSystemCertificates } from ${JSON.stringify(MODULE)};
  import { Agent, request } from "undici";
  const ask = async () => {
    const dispatcher = new Agent();
    try {
      return (await request(process.env.ADDRESS, { dispatcher })).statusCode;
    } finally {
      await dispatcher.destroy();
    }
  };
  // A process that stays gets other settings: each entry takes the place of the one before.
  for (const more of JSON.parse(process.env.MORE)) {
    trustCertificates(more ?? undefined);
    console.log(await withSystemCertificates(ask).catch((thrown) => thrown.code));
  }`;

describe("withSystemCertificates()", function () {
  this.timeout(120_000);
  let directory: string;
  let certificates: TestCertificates;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "system-certificates-"));
    certificates = await makeCertificates(directory, soon());
  });
  after(() => rm(directory, { recursive: true, force: true }));

  /** What a process of its own gets from a server, with the machine's store in a file. */
  const ask = async (
    identity: TestCertificates["trusted"],
    store: string,
    ...more: readonly (string | undefined)[]
  ) => {
    let requests = 0;
    const server: Server = createServer(identity, (_request, response) => {
      requests += 1;
      response.writeHead(200).end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const env = {
      PATH: process.env["PATH"],
      ADDRESS: `https://localhost:${port}`,
      SSL_CERT_FILE: store,
      MORE: JSON.stringify(more.length > 0 ? more : [null]),
      SSL_CERT_DIR: "/nonexistent",
    };
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--eval", PROGRAM],
      { env, cwd: import.meta.dirname },
    );
    server.closeAllConnections();
    server.close();
    return { outcome: stdout.trim(), requests };
  };

  it("trusts an authority of the machine's store, after one request", async () => {
    expect(await ask(certificates.trusted, certificates.authorityFile)).to.deep.equal({
      outcome: "200",
      requests: 1,
    });
  });

  it("trusts an authority that trustCertificates() was given, and still those of the store", async () => {
    const [other = ""] = rootCertificates;
    const own = await readFile(certificates.authorityFile, "utf8");
    const found = { outcome: "200", requests: 1 };
    expect(await ask(certificates.trusted, "/nonexistent", `${other}\n${own}`)).to.deep.equal(found);
    expect(await ask(certificates.trusted, certificates.authorityFile, other)).to.deep.equal(found);
    expect(await ask(certificates.untrusted, "/nonexistent", own)).to.include({ requests: 0 });
  });

  it("trusts an authority no longer that was taken back, in a process that stays", async () => {
    const [other = ""] = rootCertificates;
    const own = await readFile(certificates.authorityFile, "utf8");
    const untrusted = "UNABLE_TO_VERIFY_LEAF_SIGNATURE";
    const { outcome, requests } = await ask(
      certificates.trusted,
      "/nonexistent",
      undefined,
      own,
      own,
      other,
      undefined,
      own,
    );
    expect(outcome.split("\n")).to.deep.equal([untrusted, "200", "200", untrusted, untrusted, "200"]);
    expect(requests).to.equal(3);
  });

  it("trusts no server whose issuer is not in the store", async () => {
    expect(await ask(certificates.untrusted, certificates.authorityFile)).to.deep.equal({
      outcome: "DEPTH_ZERO_SELF_SIGNED_CERT",
      requests: 0,
    });
    expect(await ask(certificates.trusted, "/nonexistent")).to.include({ requests: 0 });
  });
});

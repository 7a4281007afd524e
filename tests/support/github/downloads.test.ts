import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { APIClient } from "./api-client.ts";
import { startGithubStandIn } from "./github-stand-in.ts";
import type { GithubStandIn } from "./github-stand-in.ts";
import type { ArchiveFile } from "./http/archive-offer.ts";
import { buildArchive } from "./runner-application/build-archive.ts";
import { soon } from "../patience.ts";

interface Download {
  readonly download_url: string;
  readonly filename: string;
  readonly sha256_checksum?: string;
}

describe("Downloads of the GitHub stand-in", () => {
  let directory: string;
  let archive: ArchiveFile;
  let standIn: GithubStandIn;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "downloads-"));
    archive = await buildArchive(directory, soon());
    standIn = await startGithubStandIn({ archives: [archive] });
  });

  after(async () => {
    await standIn.close();
    await rm(directory, { recursive: true });
  });

  const offered = async (): Promise<Download> => {
    const response = await new APIClient(standIn).call("GET", "/orgs/octo/actions/runners/downloads");
    const [download] = (await response.json()) as readonly [Download];
    return download;
  };
  const sha256 = (bytes: ArrayBuffer) => createHash("sha256").update(Buffer.from(bytes)).digest("hex");

  it("offer the archive with the checksum that it has", async () => {
    const download = await offered();
    expect(download.filename).to.equal("actions-runner-linux-x64-2.337.0.tar.gz");
    const fetched = await (await fetch(download.download_url)).arrayBuffer();
    expect(sha256(fetched)).to.equal(download.sha256_checksum);
    expect(standIn.violations).to.deep.equal([]);
  });

  it("offer it with another checksum or none, where a test wants that", async () => {
    await standIn.control("set-checksum", "wrong");
    expect((await offered()).sha256_checksum)
      .to.match(/^[0-9a-f]{64}$/)
      .and.not.equal(archive.sha256);
    await standIn.control("set-checksum", "missing");
    expect(await offered()).to.not.have.property("sha256_checksum");
    await standIn.control("set-checksum", "right");
  });

  it("break off in the middle of the archive, where a test wants that", async () => {
    const { download_url: url } = await offered();
    await standIn.control("add-fault", { route: "archive", fault: { kind: "truncated" } });
    const outcome: unknown = await fetch(url)
      .then((response) => response.arrayBuffer())
      .catch((thrown: unknown) => thrown);
    expect(outcome).to.be.instanceOf(Error);
  });

  it("are the same bytes whenever they are built from the same sources", async () => {
    const before = await readFile(archive.path);
    await rm(archive.path);
    await buildArchive(directory, soon());
    expect((await readFile(archive.path)).equals(before)).to.be.true;
  });
});

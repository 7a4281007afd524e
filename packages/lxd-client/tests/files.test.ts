import { createReadStream, statSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { expect } from "chai";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { type GuestEntry, LxdError, OutputLimitError } from "../src/index.ts";
import { rejection } from "../../../tests/support/rejection.ts";
import { describeDaemon, patience } from "./support.ts";

const MIB = 1024 * 1024;

describeDaemon("LXD files", (daemon) => {
  const files = () => daemon().client.files;
  let instance = "";

  before(async () => {
    instance = await daemon().create("files");
  });

  const at = (path: string) => ({ instance, path });
  const text = async (path: string) => (await files().read(at(path), MIB, patience())).toString();
  const facts = ({ type, mode, uid, gid }: GuestEntry) => ({ type, mode, uid, gid });

  it("writes a file into a stopped instance and reads it back with its owner and mode", async () => {
    await files().put(at("/root/a b"), "content", { mode: 0o600, uid: 1000, gid: 1001 }, patience());
    expect(await text("/root/a b")).to.equal("content");
    const entry = await files().get(at("/root/a b"), patience());
    expect(facts(entry)).to.deep.equal({ type: "file", mode: 0o600, uid: 1000, gid: 1001 });
    if (entry.type === "file") entry.content.destroy();
  });

  it("streams a large file in and out", async () => {
    const piece = Buffer.alloc(MIB, "0123456789abcdef");
    const sent = Readable.from(Array.from({ length: 32 }, () => piece));
    await files().put(at("/root/large"), sent, {}, patience());

    const entry = await files().get(at("/root/large"), patience());
    if (entry.type !== "file") throw new Error("It is no file");
    expect(entry.sizeBytes).to.equal(32 * MIB);
    const hash = createHash("sha256");
    for await (const chunk of entry.content) hash.update(chunk as Buffer);
    const expected = createHash("sha256");
    for (let index = 0; index < 32; index += 1) expected.update(piece);
    expect(hash.digest("hex")).to.equal(expected.digest("hex"));
  });

  it("ends a download that is aborted with the reason, and destroys one that nobody wants", async () => {
    const controller = new AbortController();
    const entry = await files().get(at("/root/large"), controller.signal);
    if (entry.type !== "file") throw new Error("It is no file");
    const reason = new Error("not wanted");
    controller.abort(reason);
    expect(await rejection(entry.content.toArray())).to.equal(reason);

    const other = await files().get(at("/root/large"), patience());
    if (other.type !== "file") throw new Error("It is no file");
    other.content.destroy();
    expect(await files().delete(at("/root/nothing"), patience())).to.equal("absent");
  });

  it("does not read more than it may", async () => {
    const error = await rejection(files().read(at("/root/large"), 1000, patience()));
    expect(error).to.be.instanceOf(OutputLimitError).and.include({ limitBytes: 1000 });
  });

  it("pushes a file of this machine in full", async () => {
    const file = process.execPath;
    await files().put(at("/root/pushed"), { file }, { mode: 0o755 }, patience());
    const entry = await files().get(at("/root/pushed"), patience());
    expect(entry).to.include({ type: "file", mode: 0o755, sizeBytes: statSync(file).size });
    if (entry.type !== "file") return;
    const hashes = [createHash("sha256"), createHash("sha256")] as const;
    await Promise.all([pipeline(entry.content, hashes[0]), pipeline(createReadStream(file), hashes[1])]);
    expect(hashes[0].digest("hex")).to.equal(hashes[1].digest("hex"));
  });

  it("makes a directory with all above it, and again without effect", async () => {
    const attributes = { mode: 0o700, uid: 5 };
    await files().makeDirectory(at("/srv/one/two/three"), attributes, patience());
    await files().makeDirectory(at("/srv/one/two/three"), {}, patience());
    const entry = await files().get(at("/srv/one/two/three"), patience());
    expect(facts(entry)).to.deep.equal({ type: "directory", mode: 0o700, uid: 5, gid: 0 });
  });

  it("lists a directory, also an empty one", async () => {
    await files().makeDirectory(at("/srv/list"), {}, patience());
    expect(await files().get(at("/srv/list"), patience())).to.have.deep.property("names", []);
    await files().put(at("/srv/list/x"), "", {}, patience());
    await files().put(at("/srv/list/y"), Buffer.alloc(0), {}, patience());
    const entry = await files().get(at("/srv/list"), patience());
    expect(entry).to.have.property("names").that.has.members(["x", "y"]);
    expect(await text("/srv/list/y")).to.equal("");
  });

  it("makes a symbolic link and reads its target, and does not take it for a file", async () => {
    await files().link(at("/srv/link"), "/etc/passwd", patience());
    expect(await files().get(at("/srv/link"), patience())).to.include({
      type: "symlink",
      target: "/etc/passwd",
    });
    expect(await rejection(files().read(at("/srv/link"), MIB, patience()))).to.include({ notFound: true });
  });

  it("deletes files and empty directories, refuses full ones, and takes missing ones for deleted", async () => {
    await files().makeDirectory(at("/srv/full"), {}, patience());
    await files().put(at("/srv/full/x"), "x", {}, patience());
    const refused = await rejection(files().delete(at("/srv/full"), patience()));
    expect(refused).to.be.instanceOf(LxdError);
    expect(refused.message).to.include("directory not empty");
    expect(await files().delete(at("/srv/full/x"), patience())).to.equal("deleted");
    expect(await files().delete(at("/srv/full"), patience())).to.equal("deleted");
    expect(await files().delete(at("/srv/full"), patience())).to.equal("absent");
  });

  it("says what is missing", async () => {
    const error = await rejection(files().read(at("/no/such"), MIB, patience()));
    expect(error).to.be.instanceOf(LxdError).and.include({ notFound: true });
    expect(error.message).to.include(`Cannot read '/no/such' in instance '${instance}'`);
    const large = Readable.from(Array.from({ length: 16 }, () => Buffer.alloc(MIB)));
    expect(await rejection(files().put(at("/no/such"), large, {}, patience()))).to.include({
      notFound: true,
    });
  });
});

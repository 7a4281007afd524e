import { expect } from "chai";
import { type FileSession, LxdError } from "../src/index.ts";
import { rejection } from "../../../tests/support/rejection.ts";
import { describeDaemon, patience } from "./support.ts";

const MIB = 1024 * 1024;

describeDaemon("FileSession", (daemon) => {
  let instance = "";
  let session: FileSession;

  before(async () => {
    instance = await daemon().launch("session");
    const script = `mkdir -p /d/sub /many; cd /d; mkfifo pipe; printf hello >file; ln -s /etc/shadow link; ln -s file near
      printf x >"$(printf 'a\\nb')"; dd if=/dev/zero of=large bs=1M count=3 2>/dev/null; printf end >>large
      dd if=/dev/null of=hole bs=1M seek=100000 2>/dev/null; : >empty
      i=0; while [ $i -lt 300 ]; do : >/many/$i; i=$((i + 1)); done`;
    await daemon().client.exec.run(
      instance,
      {
        command: [
          "/bin/sh",
          "-c",
          `PATH=/bin:/busy; for a in mkfifo ln; do /bin/busybox ln -s busybox /bin/$a; done; ${script}`,
        ],
      },
      patience(),
    );
    await daemon().client.instances.changeState(instance, { action: "stop", force: true }, patience());
  });
  beforeEach(async () => {
    session = await daemon().client.files.session(instance, patience());
  });
  afterEach(() => {
    session.close();
  });

  const read = (path: string, limit = MIB) => session.readEnd(path, limit, patience());

  it("lists a stopped instance's directory with types and sizes, whatever the names are", async () => {
    const entries = await session.list("/d", 100, patience());
    const sorted = entries
      .map(({ name, type, sizeBytes }) => [name, type, type === "file" ? sizeBytes : 0])
      .sort();
    expect(sorted).to.deep.equal([
      ["a\nb", "file", 1],
      ["empty", "file", 0],
      ["file", "file", 5],
      ["hole", "file", 100_000 * MIB],
      ["large", "file", 3 * MIB + 3],
      ["link", "symlink", 0],
      ["near", "symlink", 0],
      ["pipe", "other", 0],
      ["sub", "directory", 0],
    ]);
  });

  it("lists no more than it is asked for", async () => {
    expect(await session.list("/many", 1000, patience())).to.have.length(300);
    expect(await session.list("/many", 130, patience())).to.have.length(130);
  });

  it("reads the end of a file, and of one with a hole the end alone", async () => {
    expect((await read("/d/file")).toString()).to.equal("hello");
    expect((await read("/d/file", 2)).toString()).to.equal("lo");
    expect(await read("/d/empty")).to.have.length(0);
    const large = await read("/d/large");
    expect([large.length, large.subarray(-3).toString()]).to.deep.equal([MIB, "end"]);
    expect(await read("/d/hole")).to.have.length(MIB);
  });

  for (const path of ["/d/pipe", "/d/link", "/d/sub", "/d/nothing", "/nowhere/at/all"]) {
    it(`opens nothing at ${path}, and goes on`, async () => {
      expect(await rejection(read(path)))
        .to.be.instanceOf(LxdError)
        .with.property("notFound", true);
      expect((await read("/d/file")).toString()).to.equal("hello");
    });
  }

  it("refuses an instance that is not there", async () => {
    const opening = daemon().client.files.session("no-such-instance", patience());
    expect(await rejection(opening))
      .to.be.instanceOf(LxdError)
      .with.property("notFound", true);
  });

  it("ends with an abort, and the instance can be deleted after it", async () => {
    const reason = new Error("enough");
    expect(await rejection(session.list("/d", 10, AbortSignal.abort(reason)))).to.equal(reason);
    expect(await rejection(read("/d/file"))).to.be.instanceOf(Error);
    await daemon().client.instances.delete(instance, patience());
  });
});

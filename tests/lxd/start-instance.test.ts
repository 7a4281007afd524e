import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { LxdClient, OperationError, socketAt } from "lxd-client";
import { InstanceStartError } from "../../src/lxd/errors.ts";
import { startInstance } from "../../src/lxd/start-instance.ts";
import { rejection } from "../support/rejection.ts";
import { soon } from "../support/patience.ts";

const FORKSTART = "Failed to run: /usr/bin/lxd forkstart a /var/lib/lxd/containers lxc.conf: exit status 1";
const LOG = `lxc a 20261129031613.232 WARN     cgfsng - ../src/lxc/cgroups/cgfsng.c:fchowmodat:1619 - No such file
lxc a 20261129031613.267 ERROR    conf - ../src/lxc/conf.c:mount_entry:2446 - No such file or directory - Failed to mount "/x"
lxc a 20261129031613.267 ERROR    conf - ../src/lxc/conf.c:lxc_setup:4419 - Failed to setup mount entries
lxc a 20261129031613.267 ERROR    start - ../src/lxc/start.c:do_start:1272 - Failed to setup container "a"
lxc 20261129031618.509 ERROR    af_unix - ../src/lxc/af_unix.c:recv:218 - Connection reset by peer
`;
const signal = soon;

describe("startInstance()", () => {
  let directory = "";
  let server: Server;
  let client: LxdClient;
  /** LXD's text of the failed start. */
  let failure: string;
  let logs: Readonly<Record<string, string>>;

  const say = (response: ServerResponse, status: number, body: object) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

  beforeEach(async () => {
    failure = FORKSTART;
    logs = { "lxc.log": LOG };
    directory = mkdtempSync(join(tmpdir(), "start-instance-"));
    server = createServer(({ method, url = "" }, response) => {
      const log = /^\/1\.0\/instances\/a\/logs\/([^/]+)$/.exec(url)?.[1];
      const ended = {
        id: "one",
        class: "task",
        status: "Failure",
        status_code: 400,
        err: failure,
        metadata: null,
      };
      if (method === "PUT")
        say(response, 202, {
          type: "async",
          operation: "/1.0/operations/one",
          metadata: { ...ended, status_code: 103 },
        });
      else if (url.startsWith("/1.0/operations/one/wait"))
        say(response, 200, { type: "sync", metadata: ended });
      else if (log !== undefined && logs[log] !== undefined) response.end(logs[log]);
      else say(response, 404, { type: "error", error_code: 404, error: "not found" });
    });
    const path = join(directory, "unix.socket");
    await new Promise<void>((resolve) => server.listen(path, resolve));
    client = new LxdClient(socketAt(path));
  });
  afterEach(async () => {
    await client.close();
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true });
  });

  const failed = (type: "container" | "virtual-machine" = "container") =>
    rejection(startInstance(client, { name: "a", type }, signal()));

  it("fails with the first errors of LXC's log when LXD tells only that forkstart failed", async () => {
    const error = await failed();
    expect(error).to.be.instanceOf(InstanceStartError).and.include({ code: "instance-start", instance: "a" });
    expect(error.message).to.equal(
      `Cannot start instance 'a': LXD's log of it says "No such file or directory - Failed to mount "/x"; ` +
        `Failed to setup mount entries; Failed to setup container "a""`,
    );
    expect(error.cause).to.be.instanceOf(OperationError);
  });

  it("fails with the last lines of QEMU's log of a virtual machine", async () => {
    failure = "Failed to run: qemu-system-x86_64 -name a: Process exited with non-zero value 1";
    logs = { "qemu.log": "one\ntwo\nthree\n\nCould not access KVM kernel module\n" };
    expect((await failed("virtual-machine")).message).to.include(
      'says "two; three; Could not access KVM kernel module"',
    );
  });

  it("fails with LXD's text when the log has no reason, or is not the log of this start", async () => {
    for (const [text, log] of [
      [FORKSTART, {}],
      [FORKSTART, { "lxc.log": "lxc a 20261129031613.232 WARN     cgfsng - a.c:b:1 - No such file\n" }],
      ['Failed to start device "eth0": no such bridge', { "lxc.log": LOG }],
    ] as const) {
      failure = text;
      logs = log;
      const error = await failed();
      expect(error).to.be.instanceOf(OperationError);
      expect(error.message).to.include(text);
    }
  });

  it("bounds the reason, and shows neither passwords nor control characters", async () => {
    const entry = (text: string) => `lxc a 2 ERROR    conf - ../a.c:b:1 - ${text}\n`;
    logs = {
      "lxc.log": `${"x".repeat(200_000)}\n${entry("bad\u001b[2J http://me:hunter2@proxy/")}${entry("y".repeat(9000))}`,
    };
    const { message } = await failed();
    expect(message).to.include("bad [2J http://[redacted]@proxy/").and.not.include("hunter2");
    expect(message.length).to.be.lessThan(500);
  });
});

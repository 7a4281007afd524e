import { expect } from "chai";
import { setTimeout as delay } from "node:timers/promises";
import { DeadlineError, Secret } from "charm-kit";
import { LxdError, OutputLimitError } from "../src/index.ts";
import { rejection } from "../../../tests/support/rejection.ts";
import { describeDaemon, patience } from "./support.ts";

const MIB = 1024 * 1024;

describeDaemon("LXD exec", (daemon) => {
  const exec = () => daemon().client.exec;
  let name = "";

  before(async () => {
    name = await daemon().launch("exec");
  });

  const shell = (script: string) => ["sh", "-c", script] as const;
  /** Whether any process in the instance has the word on its command line. */
  const lives = async (word: string) => {
    const listed = await exec().run(name, { command: ["busybox", "ps"] }, patience());
    return listed.stdout.includes(word);
  };
  const startAndRead = async (script: string, signal: AbortSignal) => {
    const command = await exec().start(name, { command: shell(script) }, signal);
    const reader = command.stdout[Symbol.asyncIterator]();
    await reader.next();
    return { command, reader };
  };

  it("returns both outputs and the exit code", async () => {
    const result = await exec().run(name, { command: shell("echo out; echo err >&2; exit 3") }, patience());
    expect(result).to.deep.equal({ exitCode: 3, stdout: "out\n", stderr: "err\n" });
  });

  it("ends the input of a command that is given none", async () => {
    expect(await exec().run(name, { command: ["cat"] }, patience())).to.include({ exitCode: 0, stdout: "" });
  });

  it("echoes input from text, secrets, bytes and streams", async () => {
    const chunks = async function* () {
      yield "one ";
      await delay(5);
      yield Buffer.from("two");
    };
    for (const stdin of ["one two", new Secret("one two"), Buffer.from("one two"), chunks()]) {
      expect((await exec().run(name, { command: ["cat"], stdin }, patience())).stdout).to.equal("one two");
    }
  });

  it("passes environment, user, group and directory", async () => {
    const command = shell("echo $WORD $(id -u) $(id -g) $(pwd)");
    const request = { command, environment: { WORD: "w" }, user: 1000, group: 1001, cwd: "/etc" };
    expect((await exec().run(name, request, patience())).stdout).to.equal("w 1000 1001 /etc\n");
  });

  it("receives 1 MiB of output in full", async () => {
    const { stdout } = await exec().run(name, { command: shell(`yes | head -c ${MIB}`) }, patience());
    expect(stdout).to.equal("y\n".repeat(MIB / 2));
  });

  it("sends 8 MiB of input in full", async () => {
    const stdin = Buffer.alloc(8 * MIB, "abc");
    const { stdout } = await exec().run(name, { command: ["busybox", "md5sum"], stdin }, patience());
    const { createHash } = await import("node:crypto");
    expect(stdout).to.include(createHash("md5").update(stdin).digest("hex"));
  });

  it("does not wait for a command that reads none of its input", async () => {
    const stdin = Buffer.alloc(8 * MIB);
    expect(await exec().run(name, { command: ["true"], stdin }, patience())).to.include({ exitCode: 0 });
  });

  it("kills a command whose output is too large", async () => {
    const command = shell("yes large-output");
    const error = await rejection(exec().run(name, { command, maxOutputBytes: 10_000 }, patience()));
    expect(error).to.be.instanceOf(OutputLimitError).and.include({ limitBytes: 10_000 });
    expect(await lives("large-output")).to.be.false;
  });

  it("keeps the end of an output that is too large, if that is asked for", async () => {
    const command = shell("seq 1 20000; echo done");
    const request = { command, maxOutputBytes: 11, overflow: "keep-end" } as const;
    expect((await exec().run(name, request, patience())).stdout).to.equal("20000\ndone\n");
  });

  it("gives the shell's codes for commands that cannot be started", async () => {
    const missing = { exitCode: 127, stdout: "", stderr: "Command not found\n" };
    expect(await exec().run(name, { command: ["no-such-command"] }, patience())).to.deep.equal(missing);
    expect(await exec().run(name, { command: ["/etc/passwd"] }, patience())).to.include({ exitCode: 126 });
    expect(await exec().record(name, { command: ["no-such-command"] }, patience())).to.include({
      exitCode: 127,
    });
  });

  it("streams output while the command runs", async () => {
    const request = { command: shell("echo first; read line; echo $line; exit 4") } as const;
    const go = Promise.withResolvers<string>();
    const stdin = (async function* () {
      yield await go.promise;
    })();
    const command = await exec().start(name, { ...request, stdin }, patience());
    const received: string[] = [];
    for await (const chunk of command.stdout) {
      received.push(Buffer.from(chunk).toString());
      go.resolve("second\n");
    }
    expect(received).to.deep.equal(["first\n", "second\n"]);
    expect(await command.exitCode).to.equal(4);
  });

  it("makes a command wait for a reader that is behind, and loses nothing", async () => {
    const request = { command: shell(`yes | head -c ${16 * MIB}`), maxOutputBytes: MIB } as const;
    const command = await exec().start(name, request, patience());
    await delay(300);
    let received = 0;
    for await (const chunk of command.stdout) received += chunk.byteLength;
    expect(received).to.equal(16 * MIB);
    expect(await command.exitCode).to.equal(0);
  });

  it("sends signals to the command", async () => {
    const { command, reader } = await startAndRead(
      "trap 'echo caught; exit 9' TERM; echo up; while :; do sleep 0.01; done",
      patience(),
    );
    command.signal(15);
    expect(Buffer.from((await reader.next()).value as Uint8Array).toString()).to.equal("caught\n");
    expect(await command.exitCode).to.equal(9);
  });

  it("kills the command when it is aborted, and says so to all who wait", async () => {
    const controller = new AbortController();
    const { command, reader } = await startAndRead("echo up; exec sleep 4321", controller.signal);
    const reason = new Error("stop that");
    controller.abort(reason);
    expect(await rejection(command.exitCode)).to.equal(reason);
    expect(await rejection(reader.next())).to.equal(reason);
    expect(await lives("4321")).to.be.false;
  });

  it("kills a command that takes too long", async () => {
    const error = await rejection(exec().run(name, { command: ["sleep", "5432"], limitMs: 200 }, patience()));
    expect(error).to.be.instanceOf(DeadlineError).and.include({ limitMs: 200 });
    expect(await lives("5432")).to.be.false;
  });

  it("starts nothing under a signal that is aborted already", async () => {
    const reason = new Error("too late");
    const command = ["sleep", "6543"] as const;
    expect(await rejection(exec().run(name, { command }, AbortSignal.abort(reason)))).to.equal(reason);
    expect(await rejection(exec().start(name, { command }, AbortSignal.abort(reason)))).to.equal(reason);
    expect(await lives("6543")).to.be.false;
  });

  it("kills the command when its input fails", async () => {
    const fault = new Error("the source broke");
    const stdin = (async function* () {
      yield "some";
      await delay(20);
      throw fault;
    })();
    expect(
      await rejection(exec().run(name, { command: shell("exec cat 7654 -"), stdin }, patience())),
    ).to.equal(fault);
    expect(await lives("7654")).to.be.false;
  });

  it("can be aborted at any moment, and leaves nothing behind", async () => {
    const command = shell("exec sleep 8765");
    for (let moment = 0; moment < 24; moment += 1) {
      const controller = new AbortController();
      const reason = new Error(`after ${moment} ms`);
      const run = rejection(exec().run(name, { command }, controller.signal));
      await delay(moment);
      controller.abort(reason);
      expect(await run).to.equal(reason);
    }
    expect(await lives("8765")).to.be.false;
  });

  it("runs 16 commands at a time", async () => {
    const runs = Array.from({ length: 16 }, (_, index) =>
      exec().run(name, { command: shell(`echo ${index}; cat`), stdin: "x" }, patience()),
    );
    const outputs = (await Promise.all(runs)).map(({ stdout }) => stdout);
    expect(outputs).to.deep.equal(Array.from({ length: 16 }, (_, index) => `${index}\nx`));
  });

  it("records output and leaves no file of it behind", async () => {
    const recorded = await exec().record(
      name,
      { command: shell("echo out; echo err >&2; exit 5") },
      patience(),
    );
    expect(recorded).to.deep.equal({ exitCode: 5, stdout: "out\n", stderr: "err\n" });
    const large = { command: shell("echo large"), maxOutputBytes: 2 };
    expect(await rejection(exec().record(name, large, patience()))).to.be.instanceOf(OutputLimitError);
    const { readdir } = await import("node:fs/promises");
    const logs = await readdir(`/var/log/lxd/${name}`);
    expect(logs.filter((file) => file.startsWith("exec_"))).to.be.empty;
  });

  it("refuses an instance that does not run, and one that is not there", async () => {
    const stopped = await daemon().create("exec-stopped");
    const command = ["true"] as const;
    expect(await rejection(exec().run(stopped, { command }, patience()))).to.be.instanceOf(LxdError);
    expect(await rejection(exec().start(stopped, { command }, patience()))).to.include({ status: 400 });
    expect(await rejection(exec().run("lxdclient-nobody", { command }, patience()))).to.include({
      notFound: true,
    });
  });

  it("tells that the command was killed when the instance stops under it", async () => {
    const other = await daemon().launch("exec-ended");
    const command = await exec().start(other, { command: shell("echo up; exec sleep 100") }, patience());
    await command.stdout[Symbol.asyncIterator]().next();
    await daemon().client.instances.changeState(other, { action: "stop", force: true }, patience());
    expect(await command.exitCode).to.equal(137);
  });
});

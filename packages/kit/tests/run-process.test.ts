import { expect } from "chai";
import { existsSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rejection } from "../../../tests/support/rejection.ts";
import { until } from "../../../tests/support/rig/until.ts";
import { useTemporaryDirectory } from "../../../tests/support/temporary-directory.ts";
import {
  DeadlineError,
  NOT_STARTED,
  ProcessError,
  renderCommand,
  runOrFail,
  runProcess,
  type ProcessOptions,
} from "../src/index.ts";
import { soon } from "../../../tests/support/patience.ts";

const options = (more: Partial<ProcessOptions> = {}): ProcessOptions => ({
  action: "show it",
  limitMs: 60_000,
  signal: soon(),
  ...more,
});
const shell = (script: string) => ["sh", "-c", script];

describe("runProcess()", () => {
  const directory = useTemporaryDirectory();
  const path = (name: string) => join(directory.path, name);

  it("gives what the program wrote, and its exit code", async () => {
    const outcome = await runProcess(shell("echo out; echo err >&2; exit 3"), options());
    expect(outcome).to.deep.equal({ exitCode: 3, stdout: "out\n", stderr: "err\n" });
  });

  it("passes arguments as they are, without a shell", async () => {
    const words = ["$HOME", "a b", "*", "'"];
    expect((await runProcess(["printf", "%s\\n", ...words], options())).stdout).to.equal(
      `${words.join("\n")}\n`,
    );
  });

  it("gives the program environment, working directory and input, and no input by default", async () => {
    const cwd = realpathSync(directory.path);
    const { stdout } = await runProcess(
      ["/bin/sh", "-c", "echo $WORD; pwd; cat"],
      options({ env: { WORD: "word" }, cwd, input: "input" }),
    );
    expect(stdout).to.equal(`word\n${cwd}\ninput`);
    expect((await runProcess(["cat"], options())).stdout).to.equal("");
  });

  it("accepts a program that does not read its input", async () => {
    expect((await runProcess(["true"], options({ input: "x".repeat(1e6) }))).exitCode).to.equal(0);
  });

  it("tells a program that is not installed, and one that cannot be run, by the system's error", async () => {
    writeFileSync(path("data"), "no program", { mode: 0o644 });
    const cases = [
      [["no-such-program-at-all"], "ENOENT"],
      [[path("data")], "EACCES"],
      [["echo", "x".repeat(3e6)], "E2BIG"],
    ] as const;
    for (const [command, startError] of cases) {
      const outcome = await runProcess(command, options());
      expect(outcome, startError).to.include({ exitCode: NOT_STARTED, startError });
      expect(outcome.stderr.length, startError).to.be.within(1, 200);
    }
  });

  it("tells the signal that ended a program", async () => {
    expect(await runProcess(shell("kill -TERM $$"), options())).to.include({
      exitCode: -1,
      killedBy: "SIGTERM",
    });
  });

  it("keeps the first bytes of long output, and tells that there was more", async () => {
    const { stdout, isTruncated } = await runProcess(
      shell("printf 1234567890; printf 1234567890 >&2"),
      options({ maxOutputBytes: 4 }),
    );
    expect([stdout, isTruncated]).to.deep.equal(["1234", true]);
    const endless = await runProcess(shell("yes | head -c 20000000"), options());
    expect([endless.stdout.length, endless.isTruncated]).to.deep.equal([4 * 2 ** 20, true]);
  });

  /** Runs a script that names itself and a program that it starts, and both stay, until an abort. @returns their ids. */
  const abortBoth = async (more: Partial<ProcessOptions>) => {
    const reason = new Error("stop");
    const controller = new AbortController();
    const script = `sleep 600 & echo $$ $! >${path("part")}; mv ${path("part")} ${path("ids")}; wait`;
    const work = rejection(runProcess(shell(script), options({ signal: controller.signal, ...more })));
    await until("both", () => Promise.resolve(existsSync(path("ids"))), soon());
    controller.abort(reason);
    expect(await work).to.equal(reason);
    const [program = 0, started = 0] = readFileSync(path("ids"), "utf8").trim().split(" ").map(Number);
    rmSync(path("ids"));
    return { program, started };
  };
  const isAlive = (id: number) => {
    try {
      process.kill(id, 0);
      return true;
    } catch {
      return false;
    }
  };
  const ended = (id: number) => until(`the end of ${id}`, () => Promise.resolve(!isAlive(id)), soon());

  it("kills a program that takes too long", async () => {
    const script = `echo $$ >${path("part")}; mv ${path("part")} ${path("id")}; exec sleep 600`;
    const thrown = await rejection(runProcess(shell(script), options({ limitMs: 1000 })));
    expect(thrown).to.be.instanceOf(DeadlineError).with.property("message").that.includes("show it");
    // On a machine that is too busy it was killed before it could name itself.
    if (existsSync(path("id"))) await ended(Number(readFileSync(path("id"), "utf8")));
  });

  it("kills a program when the signal is aborted, though one that it has started holds its output open", async () => {
    const { program, started } = await abortBoth({});
    await ended(program);
    expect(isAlive(started), "it goes on").to.equal(true);
    process.kill(started, "SIGKILL");
  });

  it("kills those that a program has started with it, where they are a group of their own", async () => {
    const { program, started } = await abortBoth({ hasOwnGroup: true });
    await ended(program);
    await ended(started);
  });

  it("ends as usual in a group of its own, also when the program is not installed", async () => {
    expect(await runProcess(shell("echo out; exit 3"), options({ hasOwnGroup: true }))).to.deep.equal({
      exitCode: 3,
      stdout: "out\n",
      stderr: "",
    });
    expect(await runProcess(["no-such-program-at-all"], options({ hasOwnGroup: true }))).to.include({
      startError: "ENOENT",
    });
  });

  it("starts nothing when the signal is aborted before", async () => {
    const reason = new Error("stop");
    const script = `touch ${path("made")}`;
    const thrown = await rejection(runProcess(shell(script), options({ signal: AbortSignal.abort(reason) })));
    expect(thrown).to.equal(reason);
    expect(existsSync(path("made"))).to.equal(false);
  });
});

describe("runOrFail()", () => {
  it("gives what the program wrote", async () => {
    expect(await runOrFail(runProcess, shell("echo there"), options())).to.equal("there\n");
  });

  const cases: [title: string, command: readonly string[], message: RegExp][] = [
    [
      "the command, its exit code and the end of what it said",
      shell("echo no; for i in 1 2 3 4 5; do echo line $i >&2; done; exit 2"),
      /^Cannot show it: `sh -c '.*'` ended with 2: line 3; line 4; line 5$/,
    ],
    [
      "standard output where it said nothing else",
      shell("echo why; exit 1"),
      /^Cannot show it: `sh -c 'echo why; exit 1'` ended with 1: why$/,
    ],
    ["nothing where it said nothing", ["false"], /^Cannot show it: `false` ended with 1$/],
    [
      "the signal",
      shell("kill -KILL $$"),
      /^Cannot show it: `sh -c 'kill -KILL \$\$'` was killed by SIGKILL$/,
    ],
    [
      "what is not installed",
      ["no-such-program"],
      /^Cannot show it: `no-such-program` ended with 127: .*ENOENT/,
    ],
  ];
  for (const [title, command, message] of cases) {
    it(`tells ${title}`, async () => {
      const thrown = await rejection(runOrFail(runProcess, command, options()));
      expect(thrown).to.be.instanceOf(ProcessError).and.include({ code: "process", remedy: "retry" });
      expect(thrown.message).to.match(message);
    });
  }
});

describe("renderCommand()", () => {
  it("quotes what a shell would read in another way", () => {
    expect(renderCommand(["echo", "a b", "c=d"])).to.equal("echo 'a b' c=d");
  });

  it("hides what a URL holds before its host", () => {
    expect(renderCommand(["curl", "--proxy=http://user:pass@proxy:3128", "https://token@host/a@b"])).to.equal(
      "curl --proxy=http://[redacted]@proxy:3128 https://[redacted]@host/a@b",
    );
  });

  it("shortens what is long", () => {
    expect(renderCommand(["nft", "x".repeat(5000)])).to.match(/^nft x{290,300}\.\.\.$/);
  });
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { systemClock, type Clock } from "charm-kit";
import { readDeclaredPrograms } from "../../src/service/declared-programs.ts";
import { supervisePrograms } from "../../src/service/supervise-programs.ts";
import { soon } from "../../../../tests/support/patience.ts";
import { until as awaited } from "../../../../tests/support/rig/until.ts";

const MODULE = join(import.meta.dirname, "../../src/service/supervise-programs.ts");

describe("supervisePrograms()", function () {
  this.timeout(120_000);
  let directory: string;
  let lines: string[];
  let faults: string[];
  let ended: AbortController;
  let running: Promise<void>;
  /** Pauses are a hundredth of what they are told to be. */
  const pauses: number[] = [];
  const hasty: Clock = {
    now: () => Date.now(),
    wait: (delayMs, signal) => {
      pauses.push(delayMs);
      return systemClock.wait(delayMs / 100, signal);
    },
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "programs-"));
    await mkdir(join(directory, "declared"));
    [lines, faults] = [[], []];
    pauses.length = 0;
    ended = new AbortController();
    const declared = () =>
      readDeclaredPrograms("app/0", join(directory, "declared"), (text) => void faults.push(text));
    const log = ({ unit, name }: { unit: string; name: string }, line: string) =>
      void lines.push(`${unit} ${name} ${line}`);
    running = supervisePrograms(
      { clock: hasty, declared, path: process.env["PATH"] ?? "", log },
      ended.signal,
    );
  });
  afterEach(async () => {
    ended.abort();
    await running;
    await rm(directory, { recursive: true });
  });

  const until = (what: string, probe: () => boolean | Promise<boolean>) =>
    awaited(
      what,
      async () => await probe(),
      soon(),
      () => `: ${lines.join("; ")}`,
    );
  const declare = (name: string, script: string) =>
    writeFile(
      join(directory, "declared", `${name}.json`),
      JSON.stringify({ command: ["/bin/sh", "-c", script] }),
    );
  const pids = async () =>
    (await readFile(join(directory, "pids"), "utf8").catch(() => "")).trim().split("\n").filter(Boolean);
  const isAlive = (pid: string) => {
    try {
      process.kill(Number(pid), 0);
      return true;
    } catch {
      return false;
    }
  };
  const staying = () => `echo $$ >>${directory}/pids; echo hello; exec sleep 600`;

  it("starts a declared program once, logs its lines, and ends it with the agent", async () => {
    await declare("worker", staying());
    await until("a line", () => lines.includes("app/0 worker hello"));
    await systemClock.wait(100, ended.signal);
    const [pid = "", ...others] = await pids();
    expect(others).to.deep.equal([]);
    expect(isAlive(pid)).to.equal(true);
    ended.abort();
    await running;
    expect(isAlive(pid)).to.equal(false);
  });

  it("starts a program again that ends, after pauses that grow to a minute", async () => {
    await declare("worker", "exit 3");
    await until("eight ends", () => lines.length >= 8);
    expect(lines[0]).to.equal("app/0 worker The program has ended (exit code 3) and is started again in 1 s");
    expect(lines.slice(1, 8).map((line) => / in (\d+) s$/.exec(line)?.[1])).to.deep.equal([
      "2",
      "4",
      "8",
      "16",
      "32",
      "60",
      "60",
    ]);
  });

  it("starts a program anew whose declaration is written again, and ends one whose declaration is gone", async () => {
    await declare("worker", staying());
    await until("the first", async () => (await pids()).length === 1);
    const later = new Date(Date.now() + 5000);
    await utimes(join(directory, "declared/worker.json"), later, later);
    await until("the second", async () => (await pids()).length === 2);
    const [first = "", second = ""] = await pids();
    expect(isAlive(first)).to.equal(false);
    await rm(join(directory, "declared/worker.json"));
    await until("the end", () => !isAlive(second));
  });

  it("kills a program that does not end when it is asked to", async () => {
    await declare("worker", `trap '' TERM; echo $$ >>${directory}/pids; while :; do sleep 0.1; done`);
    await until("the first", async () => (await pids()).length === 1);
    const [pid = ""] = await pids();
    ended.abort();
    await running;
    expect(isAlive(pid)).to.equal(false);
  });

  it("tells of a declaration without a command, and of a program that does not exist, and goes on with others", async () => {
    await writeFile(join(directory, "declared/a.json"), '{"comm');
    await writeFile(join(directory, "declared/b.json"), '{"command": ["relative"]}');
    await writeFile(join(directory, "declared/c.json"), '{"command": ["/nonexistent/program"]}');
    await declare("worker", staying());
    await until("the good one", () => lines.includes("app/0 worker hello"));
    expect(faults.join("\n")).to.include("program of a.json").and.to.include("program of b.json");
    await until("the missing one", () => lines.some((line) => /^app\/0 c .*ENOENT/.test(line)));
  });

  it("leaves no program behind when the agent is killed: their standard input ends", async () => {
    const program = `
      import { supervisePrograms } from ${JSON.stringify(MODULE)};
      import { systemClock } from ${JSON.stringify(import.meta.resolve("charm-kit"))};
      const command = ["/bin/sh", "-c", 'echo "$$ $CHARM_ENDS_WITH_STDIN"; read line; exit 0'];
      const declared = async () => [{ unit: "a/0", name: "w", command, version: "1" }];
      await supervisePrograms(
        { clock: systemClock, declared, path: process.env.PATH, log: (_p, line) => console.log(line) },
        new AbortController().signal,
      );`;
    const agent = spawn(process.execPath, ["--input-type=module", "--eval", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(agent.stdout, "data")) as [Buffer];
    const [pid = "", marker] = line.toString().trim().split(" ");
    expect(marker).to.equal("1");
    expect(isAlive(pid)).to.equal(true);
    agent.kill("SIGKILL");
    await until("the end of the program", () => !isAlive(pid));
  });
});

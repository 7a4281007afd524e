import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { APIClient } from "../api-client.ts";
import { startGithubStandIn } from "../github-stand-in.ts";
import type { GithubStandIn } from "../github-stand-in.ts";
import type { JobView } from "../state/job-record.ts";
import { UnpackedApplication } from "./unpacked-application.ts";
import { soon } from "../../patience.ts";

describe("The runner application of the GitHub stand-in", () => {
  let standIn: GithubStandIn;
  let client: APIClient;
  let application: UnpackedApplication;

  beforeEach(async () => {
    standIn = await startGithubStandIn({ protocol: { pollMs: 5000 } });
    client = new APIClient(standIn);
    application = await UnpackedApplication.unpack(soon());
  });

  afterEach(async () => {
    await standIn.close();
    await application.remove();
  });

  const jitEnvironment = async () => {
    const { encoded_jit_config: jitConfig } = await client.register("one");
    return { ACTIONS_RUNNER_INPUT_JITCONFIG: jitConfig };
  };
  const startRunner = async (program = "run.sh", environment: Readonly<Record<string, string>> = {}) => {
    const ended = application.run(
      program,
      { ...(await jitEnvironment()), ...environment },
      ...wordsOf(program),
    );
    await standIn.control("wait-for-runners", { idle: 1 });
    return ended;
  };
  /** Resolves with the job once it has ended and the application with it. */
  const runJob = async (steps: readonly string[], environment = {}): Promise<JobView & { log: string }> => {
    const { id } = await standIn.control("queue-job", { repository: "octo/hello", labels: ["linux"], steps });
    await application.run("run.sh", { ...(await jitEnvironment()), ...environment });
    const job = await standIn.control("wait-for-job", { id, status: "completed" });
    return { ...job, log: await standIn.control("job-log", { id }) };
  };
  const inDirectory = (name: string) => join(application.directory, name);
  const writeHook = async (name: string, script: string) => {
    await writeFile(inDirectory(name), script, { mode: 0o755 });
    return inDirectory(name);
  };

  it("runs one job in the real order of processes, then takes its configuration away and ends", async () => {
    const job = await runJob([
      'process=$PPID; while [ "$process" -gt 1 ]; do cat /proc/$process/comm; process=$(cut -d" " -f4 /proc/$process/stat); done',
    ]);
    expect(job).to.include({ conclusion: "success", runnerName: "one" });
    expect(job.log).to.match(/Runner\.Worker\n.*Runner\.Listene[^\n]*\n.*run-helper\.sh\n.*run\.sh\n/);
    expect(application.output).to.match(/√ Connected to GitHub\n/);
    expect(application.output).to.match(/Current runner version: '2\.337\.0'\n/);
    expect(application.output).to.match(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ: Listening for Jobs$/m);
    expect(application.output).to.match(
      /Z: Running job: build\n.*Z: Job build completed with result: Succeeded\n/,
    );
    expect(await standIn.control("list-runners", null)).to.deep.equal([]);
    for (const name of [".runner", ".credentials", ".credentials_rsaparams"]) {
      const thrown: unknown = await readFile(inDirectory(name)).catch((error: unknown) => error);
      expect(thrown).to.be.instanceOf(Error).with.property("code", "ENOENT");
    }
  });

  it("is online within a blink, and idle until a job comes", async () => {
    const ended = startRunner();
    await standIn.control("wait-for-runners", { idle: 1 });
    const [runner] = await standIn.control("list-runners", null);
    expect(runner).to.include({ status: "online", busy: false, version: "2.337.0" });
    const { id } = await standIn.control("queue-job", { repository: "octo/hello", labels: ["linux"] });
    await standIn.control("wait-for-job", { id, status: "completed" });
    expect(await ended).to.equal(0);
  });

  it("gives jobs the environment of GitHub's and that of .env, but not its own configuration", async () => {
    await writeFile(inDirectory(".env"), "LANG=C.UTF-8\nFROM_FILE=yes\n");
    const { log } = await runJob([
      "env",
      'cat "$GITHUB_EVENT_PATH"',
      "echo NEXT=step >>$GITHUB_ENV",
      "echo $NEXT",
    ]);
    for (const line of [
      "GITHUB_REPOSITORY=octo/hello",
      "GITHUB_EVENT_NAME=push",
      "RUNNER_NAME=one",
      "FROM_FILE=yes",
    ]) {
      expect(log).to.contain(line);
    }
    expect(log)
      .to.match(/Z \{\}\n/)
      .and.match(/Z step\n/);
    expect(log).to.not.contain("JITCONFIG");
  });

  it("fails a job whose step fails", async () => {
    const job = await runJob(["false", "echo never"]);
    expect(job.conclusion).to.equal("failure");
    expect(job.log).to.not.contain("never\n");
    expect(application.output).to.contain("completed with result: Failed");
  });

  it("runs the hooks around the steps", async () => {
    const started = await writeHook("before.sh", 'echo "hook of $GITHUB_WORKFLOW"\n');
    const completed = await writeHook("after.sh", "echo afterwards\n");
    await writeFile(
      inDirectory(".env"),
      `ACTIONS_RUNNER_HOOK_JOB_STARTED=${started}\nACTIONS_RUNNER_HOOK_JOB_COMPLETED=${completed}\n`,
    );
    const job = await runJob(["echo step"]);
    expect(job.conclusion).to.equal("success");
    expect(job.log).to.match(/hook of CI\n[^]*Z step\n[^]*Z afterwards\n/);
  });

  it("fails a job whose first hook fails, before any step", async () => {
    const hook = await writeHook("before.sh", "exit 3\n");
    const job = await runJob(["echo never"], { ACTIONS_RUNNER_HOOK_JOB_STARTED: hook });
    expect(job.conclusion).to.equal("failure");
    expect(job.log).to.contain("exit code 3").and.not.contain("never");
  });

  it("keeps its registration as long as it has a job", async () => {
    const ended = startRunner();
    await standIn.control("wait-for-runners", { idle: 1 });
    const fifo = inDirectory("go-on");
    const steps = [`mkfifo ${fifo}; read -r word <${fifo}`];
    const { id } = await standIn.control("queue-job", { repository: "octo/hello", labels: ["linux"], steps });
    await standIn.control("wait-for-job", { id, status: "in_progress" });
    const [runner] = await standIn.control("list-runners", null);
    const path = `/repos/octo/hello/actions/runners/${runner?.id ?? 0}`;
    expect((await client.call("DELETE", path)).status).to.equal(422);
    await standIn.control("cancel-job", { id });
    expect(await standIn.control("wait-for-job", { id, status: "completed" })).to.include({
      conclusion: "cancelled",
    });
    await ended;
    expect(application.output).to.contain("completed with result: Canceled");
    expect((await client.call("DELETE", path)).status).to.equal(404);
    expect(standIn.violations).to.deep.equal([]);
  });

  it("is given a job at the very instant its deletion is asked for, if a test wants it", async () => {
    const ended = startRunner();
    const [runner] = await standIn.control("wait-for-runners", { idle: 1 });
    standIn.instants.on("before-delete", async () => {
      const { id } = await standIn.control("queue-job", { repository: "octo/hello", labels: ["linux"] });
      await standIn.control("wait-for-job", { id, status: "in_progress" });
    });
    const path = `/repos/octo/hello/actions/runners/${runner?.id ?? 0}`;
    expect((await client.call("DELETE", path)).status).to.equal(422);
    expect(await ended).to.equal(0);
  });

  it("cleans up and ends with 0 when its registration is deleted while it is idle", async () => {
    const ended = startRunner("bin/Runner.Listener");
    await standIn.control("wait-for-runners", { idle: 1 });
    await standIn.control("drop-runner", { name: "one" });
    expect(await ended).to.equal(0);
    expect(application.output).to.contain("The runner no longer exists on the server");
  });

  it("ends its session and exits with 0 when it is interrupted", async () => {
    const ended = startRunner("bin/Runner.Listener");
    await standIn.control("wait-for-runners", { idle: 1 });
    application.interrupt();
    expect(await ended).to.equal(0);
    expect((await standIn.control("list-runners", null)).map(({ status }) => status)).to.deep.equal([
      "offline",
    ]);
  });

  it("ends with 7 when its version is refused, where it is asked for that", async () => {
    await standIn.control("add-application-faults", ["version-too-old"]);
    const environment = {
      ...(await jitEnvironment()),
      ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE: "1",
    };
    expect(await application.run("run.sh", environment)).to.equal(7);
  });

  it("loses the job, not the listener, when the worker is killed", async () => {
    await standIn.control("add-application-faults", ["worker-killed"]);
    expect(await runJob(["true"])).to.include({ conclusion: "failure" });
    expect(application.output).to.contain("completed with result: Failed");
  });

  it("loses its job when it stops renewing its hold on it, and stays busy until then", async () => {
    await standIn.control("add-application-faults", ["stop-renewing"]);
    const ended = startRunner();
    await standIn.control("wait-for-runners", { idle: 1 });
    const { id } = await standIn.control("queue-job", {
      repository: "octo/hello",
      labels: ["linux"],
      steps: [`mkfifo ${inDirectory("never")}; read -r word <${inDirectory("never")}`],
    });
    await standIn.control("wait-for-job", { id, status: "in_progress" });
    await standIn.control("advance-clock", { byMs: 120_000 });
    const [runner] = await standIn.control("list-runners", null);
    expect(runner).to.include({ status: "offline", busy: true });
    await standIn.control("advance-clock", { byMs: 480_000 });
    const job = await standIn.control("wait-for-job", { id, status: "completed" });
    expect(job.annotation).to.contain("lost communication");
    await application.remove();
    await ended;
  });

  it("hangs before it connects, where a test wants that, and can be ended", async () => {
    await standIn.control("add-application-faults", ["hang-before-connect"]);
    const ended = application.run("bin/Runner.Listener", await jitEnvironment(), "run");
    application.interrupt();
    await ended;
    expect((await standIn.control("list-runners", null))[0]).to.include({ status: "offline", version: null });
  });

  it("is told that its registration is gone when it comes too late", async () => {
    const environment = await jitEnvironment();
    await standIn.control("drop-runner", { name: "one" });
    expect(await application.run("bin/Runner.Listener", environment, "run")).to.equal(1);
    expect(application.output).to.contain("The runner registration has been deleted from the server");
  });

  it("registers itself with a token where there is no just-in-time configuration", async () => {
    const minted = await client.call("POST", "/repos/octo/hello/actions/runners/registration-token");
    const { token } = (await minted.json()) as { token: string };
    const environment = {
      ACTIONS_RUNNER_INPUT_TOKEN: token,
      ACTIONS_RUNNER_INPUT_URL: `${standIn.url}/octo/hello`,
      ACTIONS_RUNNER_INPUT_NAME: "by-token",
      ACTIONS_RUNNER_INPUT_LABELS: "extra",
    };
    const code = await application.run("config.sh", environment, "--unattended", "--ephemeral");
    expect(code, application.output).to.equal(0);
    const [runner] = await standIn.control("list-runners", null);
    expect(runner?.labels).to.deep.equal(["self-hosted", "Linux", "X64", "extra"]);
    const listed = await client.call("GET", "/repos/octo/hello/actions/runners");
    expect(standIn.violations, "of GitHub's description").to.deep.equal([]);
    expect(listed.status).to.equal(200);
    const { id } = await standIn.control("queue-job", { repository: "octo/hello", labels: ["extra"] });
    expect(await application.run("run.sh", {})).to.equal(0);
    expect(await standIn.control("wait-for-job", { id, status: "completed" })).to.include({
      conclusion: "success",
    });
  });
});

function wordsOf(program: string): readonly string[] {
  return program.endsWith("Runner.Listener") ? ["run"] : [];
}

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { renderPayload, type GuestFile } from "../../src/guest/payload.ts";
import {
  METRICS_SHARE,
  LAST_OUTPUT,
  POST_JOB_METRICS,
  PRE_JOB_METRICS,
  RUNNER_APPLICATION,
  RUNNER_HOME,
} from "../../src/guest/paths.ts";
import { registrationEnvironment } from "../../src/guest/registration.ts";
import { startUnit } from "../../src/guest/start-scripts.ts";
import { Secret } from "charm-kit";
import { GuestSandbox } from "./guest-sandbox.ts";

const LISTENS = 'echo "√ Connected to GitHub"; echo "2026-01-01 00:00:00Z: Listening for Jobs"';
const KEY = "jit-config-with-a-private-key";

describe("the guest's programs", () => {
  let guest: GuestSandbox;

  beforeEach(() => {
    guest = new GuestSandbox();
  });

  afterEach(() => {
    guest.destroy();
  });

  function payload(
    files: readonly GuestFile[] = [],
    environment: Readonly<Record<string, string>> = {},
  ): string {
    const secrets = new Map(Object.entries(environment).map(([name, value]) => [name, new Secret(value)]));
    return renderPayload({ files, environment: secrets }).reveal();
  }

  /** Delivers a payload to a guest and waits for the end of both programs. */
  async function deliver(lines: string) {
    const receiver = guest.receive();
    const answer = await guest.deliver(lines).ended;
    return { answer: answer.stdout, deliver: answer, receive: await receiver.ended };
  }

  /** The environment that the application printed with `env -0`, without what bash sets by itself. */
  function environmentIn(path: string): Map<string, string> {
    const entries = readFileSync(guest.path(path), "utf8").split("\0").filter(Boolean);
    return new Map(
      entries.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
    );
  }

  it("answer that the application listens as soon as it does, and wait for its end", async () => {
    guest.application(`${LISTENS}; read -r <${guest.root}/gate`);
    execFileSync("mkfifo", [guest.path("gate")]);
    const receiver = guest.receive();
    const answer = await guest.deliver(payload()).ended;
    expect(answer).to.deep.equal({ code: 0, stdout: "listening\n", stderr: "" });
    expect(receiver.process.exitCode, "the application is still running").to.equal(null);
    writeFileSync(guest.path("gate"), "go\n");
    expect((await receiver.ended).code).to.equal(0);
  });

  for (const code of [0, 1, 7]) {
    it(`answer that the application ended with ${code} before it listened, and end with ${code}`, async () => {
      guest.application(`echo "An error occurred"; exit ${code}`);
      const { answer, receive } = await deliver(payload());
      expect(answer).to.equal(`ended ${code}\n`);
      expect(receive.code).to.equal(code);
    });

    it(`end with ${code} when the application does so after it listened`, async () => {
      guest.application(`${LISTENS}; exit ${code}`);
      const { answer, receive } = await deliver(payload());
      expect(answer).to.equal("listening\n");
      expect(receive.code).to.equal(code);
    });
  }

  it("end when nobody reads the answer", async () => {
    guest.application("exit 3");
    const receiver = guest.receive();
    writeFileSync(guest.path("/usr/local/lib/github-runner/payload"), payload());
    const code = await new Promise((resolve) => receiver.process.once("exit", resolve));
    expect(code).to.equal(3);
  });

  it("end with the application although a job left a process behind that holds its output", async () => {
    guest.application(`${LISTENS}; sleep 300 & exit 5`);
    const receiver = guest.receive();
    const exited = new Promise((resolve) => receiver.process.once("exit", resolve));
    const answer = guest.deliver(payload());
    expect(await Promise.race([exited, delay(45_000, "still waiting", { ref: false })])).to.equal(5);
    expect((await answer.ended).stdout).to.equal("listening\n");
  });

  it("say where the application is missing", async () => {
    const { answer, receive } = await deliver(payload());
    expect(answer).to.match(/^ended 12[67]\n$/);
    expect(receive.stdout).to.contain("run.sh");
  });

  it("pass on to the journal what the application prints, on both streams", async () => {
    guest.application("echo out; echo err >&2; exit 1");
    expect((await deliver(payload())).receive.stdout).to.equal("out\nerr\napplication ended 1\n");
  });

  it("start the application in its directory, as the runner's user, with the user's environment", async () => {
    guest.application(`pwd >${guest.root}/directory; env -0 >${guest.root}/environment; exit 1`);
    await deliver(payload());
    expect(readFileSync(guest.path("directory"), "utf8")).to.equal(`${guest.path(RUNNER_APPLICATION)}\n`);
    expect(readFileSync(guest.path("identity"), "utf8")).to.equal(
      "--reuid=ubuntu\n--regid=ubuntu\n--init-groups\n",
    );
    expect(Object.fromEntries(environmentIn("environment"))).to.include({
      HOME: guest.path(RUNNER_HOME),
      USER: "ubuntu",
      LOGNAME: "ubuntu",
      SHELL: "/bin/bash",
      ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE: "1",
    });
  });

  it("give the application its environment, whatever its values hold", async () => {
    const values = {
      PLAIN: "value",
      EMPTY: "",
      SPACES: "  two  words ",
      LINES: "first\nsecond",
      SHELL_CODE: "$(touch injected) `id` \"quoted\" 'single' \\ ; exit 9",
      UNICODE: "grüße ✓",
    };
    guest.application(`env -0 >${guest.root}/environment; exit 1`);
    await deliver(payload([], values));
    expect(Object.fromEntries(environmentIn("environment"))).to.include(values);
    expect(existsSync(guest.path(`${RUNNER_APPLICATION}/injected`))).to.equal(false);
  });

  for (const [title, registration] of [
    ["just-in-time configuration", { by: "just-in-time", jitConfig: new Secret(KEY) }],
    [
      "registration token",
      {
        by: "token",
        url: "https://github.example/octo",
        token: new Secret(KEY),
        name: "runner",
        labels: ["one"],
        group: undefined,
      },
    ],
  ] as const) {
    it(`keep a ${title} off every command line, the guest's disk and its journal`, async () => {
      const inspect = [
        `ps -eww -o args >>${guest.root}/processes`,
        // A process may end between the listing and the read.
        `cat /proc/[0-9]*/cmdline >>${guest.root}/command-lines 2>&1 || true`,
      ].join("; ");
      guest.configuration(inspect);
      guest.application(`${inspect}; ${LISTENS}`);
      const environment = registrationEnvironment(registration);
      const { answer, receive } = await deliver(renderPayload({ files: [], environment }).reveal());
      expect(answer).to.equal("listening\n");
      const seen = readFileSync(guest.path("processes"), "utf8");
      expect(seen).to.contain(registration.by === "token" ? "config.sh --unattended --ephemeral" : "run.sh");
      for (const form of [KEY, Buffer.from(KEY).toString("base64")]) {
        expect(seen).to.not.contain(form);
        expect(readFileSync(guest.path("command-lines"), "utf8")).to.not.contain(form);
        expect(`${receive.stdout}${receive.stderr}`).to.not.contain(form);
        const found = execFileSync("bash", [
          "-c",
          `grep -r -l -F --devices=skip -- "$1" "$2" || true`,
          "-",
          form,
          guest.root,
        ]);
        expect(found.toString()).to.equal("");
      }
    });
  }

  it("keep a registration token out of the environment of the application and its jobs", async () => {
    guest.configuration("true");
    guest.application(
      `cat /proc/$$/environ /proc/$PPID/environ >${guest.root}/environments; env -0 >>${guest.root}/environments; ${LISTENS}`,
    );
    const environment = registrationEnvironment({
      by: "token",
      url: "https://github.example/octo",
      token: new Secret(KEY),
      name: "runner",
      labels: ["one"],
      group: undefined,
    });
    const { answer } = await deliver(renderPayload({ files: [], environment }).reveal());
    expect(answer).to.equal("listening\n");
    expect(readFileSync(guest.path("environments"), "utf8"))
      .to.contain("HOME=")
      .and.not.contain(KEY);
  });

  describe("write files", () => {
    it("with their content, mode and owner", async () => {
      guest.application(LISTENS);
      const files = [
        guest.file("/home/ubuntu/github-runner/.env", "LANG=C.UTF-8\n"),
        guest.file("/home/ubuntu/github-runner/pre-job.sh", "#!/bin/bash\n", "0755"),
        { ...guest.file("/etc/secret", "hidden", "0600"), owner: "root" as const },
      ];
      await deliver(payload(files));
      for (const { path, mode, content } of files) {
        expect(readFileSync(path, "utf8")).to.equal(content);
        expect((statSync(path).mode & 0o7777).toString(8).padStart(4, "0"), path).to.equal(mode);
      }
      expect(readFileSync(guest.path("owners"), "utf8").trim().split("\n")).to.deep.equal([
        `ubuntu:ubuntu ${files[0]?.path ?? ""}`,
        `ubuntu:ubuntu ${files[1]?.path ?? ""}`,
        `root:root ${guest.path("/etc")}`,
        `root:root ${files[2]?.path ?? ""}`,
      ]);
    });

    it("that nobody but root can read before they have their mode", async () => {
      guest.application(LISTENS);
      await deliver(payload([guest.file("/etc/secret", "hidden", "0600")]));
      expect(readFileSync(guest.path("modes-before"), "utf8")).to.equal("600\n");
    });

    it("before the application starts", async () => {
      guest.application(`cat ${guest.root}/early >${guest.root}/copy; ${LISTENS}`);
      await deliver(payload([guest.file("/early", "in time")]));
      expect(readFileSync(guest.path("copy"), "utf8")).to.equal("in time");
    });

    it("that are empty", async () => {
      guest.application(LISTENS);
      await deliver(payload([guest.file("/empty", "")]));
      expect(readFileSync(guest.path("empty"), "utf8")).to.equal("");
    });

    it("of a megabyte, byte by byte as they were", async function () {
      this.slow(4000);
      guest.application(LISTENS);
      const content =
        Buffer.from(Uint8Array.from({ length: 700_000 }, (_, index) => index % 128)).toString() +
        "ü".repeat(150_000);
      await deliver(payload([guest.file("/large", content)]));
      expect(readFileSync(guest.path("large"), "utf8") === content).to.equal(true);
    });

    it("in the place of others, without following a link that the runner's user may have left", async () => {
      guest.application(LISTENS);
      writeFileSync(guest.path("precious"), "precious");
      execFileSync("ln", ["-s", guest.path("precious"), guest.path("linked")]);
      await deliver(payload([guest.file("/linked", "new")]));
      expect(readFileSync(guest.path("precious"), "utf8")).to.equal("precious");
      expect(readFileSync(guest.path("linked"), "utf8")).to.equal("new");
    });
  });

  describe("prepare the guest", () => {
    const prepared = (script: string) => {
      const file = {
        ...guest.file("/usr/local/lib/github-runner/prepare", script, "0755"),
        owner: "root" as const,
      };
      const payload = { files: [file], environment: new Map<string, Secret>(), preparation: file.path };
      return renderPayload(payload).reveal();
    };

    it("by the program of the payload, before the application starts", async () => {
      guest.application(`cat ${guest.root}/prepared; ${LISTENS}`);
      const { answer, receive } = await deliver(
        prepared(`#!/bin/bash\necho first >${guest.root}/prepared\necho going\n`),
      );
      expect(answer).to.equal("listening\n");
      expect(receive.stdout).to.match(/^going\nfirst\n/);
    });

    it("or say why that failed, and start nothing", async () => {
      guest.application(`touch ${guest.root}/started; ${LISTENS}`);
      const script = "#!/bin/bash\necho trying\necho 'snap \"aproxy\" is not installed' >&2\nexit 7\n";
      const { answer, receive } = await deliver(prepared(script));
      expect(answer).to.equal('unprepared 7 snap "aproxy" is not installed\n');
      expect(receive.code).to.equal(1);
      expect(existsSync(guest.path("started"))).to.equal(false);
    });

    it("or say which program failed without a word", async () => {
      guest.application(LISTENS);
      const { answer } = await deliver(prepared("#!/bin/bash\nexit 9\n"));
      expect(answer).to.equal(
        `unprepared 9 ${guest.path("/usr/local/lib/github-runner/prepare")} ended with 9\n`,
      );
    });

    it("or say that a file cannot be written, and start nothing", async () => {
      guest.application(`touch ${guest.root}/started; ${LISTENS}`);
      writeFileSync(guest.path("in-the-way"), "a file");
      const { answer, receive } = await deliver(payload([guest.file("/in-the-way/file", "content")]));
      expect(answer).to.equal(`unprepared 1 ${guest.path("/in-the-way/file")} cannot be written\n`);
      expect(receive.code).to.equal(1);
      expect(existsSync(guest.path("started"))).to.equal(false);
    });
  });

  describe("write down how the application ended", () => {
    const report = () => readFileSync(guest.path(POST_JOB_METRICS), "utf8");

    for (const [code, rest] of [
      [0, { status: "normal" }],
      [1, { status: "abnormal", status_info: { code: 1 } }],
      [137, { status: "abnormal", status_info: { code: 137 } }],
    ] as const) {
      it(`with ${code}, for the host to read`, async () => {
        mkdirSync(guest.path(METRICS_SHARE));
        guest.application(`${LISTENS}; exit ${code}`);
        const before = Math.floor(Date.now() / 1000);
        await deliver(payload());
        const { timestamp, ...others } = JSON.parse(report()) as { timestamp: number };
        expect(others).to.deep.equal(rest);
        expect(timestamp).to.be.within(before, Date.now() / 1000);
        expect(readdirSync(guest.path(METRICS_SHARE)).sort()).to.deep.equal([
          "application-output.txt",
          "post-job-metrics.json",
        ]);
      });
    }

    it("with the end of its output, if it had no job, in at most 1000 bytes", async () => {
      mkdirSync(guest.path(METRICS_SHARE));
      guest.application(`${LISTENS}; seq 1 5000; echo "the disk is full"; exit 1`);
      await deliver(payload());
      const output = readFileSync(guest.path(LAST_OUTPUT), "utf8");
      expect(output).to.match(/\n4999\n5000\nthe disk is full\n$/);
      expect(output).to.have.length(1000);
    });

    it("without its output, if it had a job", async () => {
      mkdirSync(guest.path(METRICS_SHARE));
      writeFileSync(guest.path(PRE_JOB_METRICS), "{}");
      guest.application(`${LISTENS}; echo "of a job"; exit 1`);
      await deliver(payload());
      expect(existsSync(guest.path(LAST_OUTPUT))).to.equal(false);
    });

    it("but not over what the job has said itself", async () => {
      mkdirSync(guest.path(METRICS_SHARE));
      writeFileSync(guest.path(POST_JOB_METRICS), "the job's");
      guest.application(`${LISTENS}; exit 1`);
      await deliver(payload());
      expect(report()).to.equal("the job's");
    });

    it("and end all the same where a job left things that cannot be written to", async () => {
      mkdirSync(guest.path(METRICS_SHARE));
      mkdirSync(guest.path(`${POST_JOB_METRICS}.new`));
      execFileSync("mkfifo", [guest.path(`${POST_JOB_METRICS}.new/pipe`)]);
      guest.application(`${LISTENS}; exit 3`);
      expect((await deliver(payload())).receive.code).to.equal(3);
      expect(JSON.parse(report())).to.include({ status: "abnormal" });
    });

    it("where the host wants to know", async () => {
      guest.application(`${LISTENS}; exit 1`);
      expect((await deliver(payload())).receive).to.include({ code: 1, stderr: "" });
      expect(existsSync(guest.path(METRICS_SHARE))).to.equal(false);
    });
  });

  describe("refuse a payload that is cut short", () => {
    const whole = () => payload([guest.file("/file", "content")], { NAME: "value" });
    const cuts: readonly (readonly [string, () => string])[] = [
      ["to nothing", () => ""],
      ["in a file", () => whole().slice(0, 20)],
      ["before the last line", () => whole().slice(0, -"start\n".length)],
      ["in the last line", () => whole().slice(0, -3)],
      // base64 of these bytes ends in the letters of the last line
      [
        "where the content looks like the end",
        () => `environment NAME ${Buffer.from("b2dstart", "base64").toString("base64")}`,
      ],
    ];
    for (const [title, cut] of cuts) {
      it(title, async () => {
        guest.application(`touch ${guest.root}/started; ${LISTENS}`);
        const receiver = guest.receive();
        guest.deliver(cut());
        const { code, stderr } = await receiver.ended;
        expect(code).to.equal(1);
        expect(stderr).to.contain("cut short");
        expect(existsSync(guest.path("started"))).to.equal(false);
        expect(existsSync(guest.path("file"))).to.equal(false);
      });
    }
  });

  describe("start.sh", () => {
    it("registers first where it is given a registration token, and takes the token from the environment", async () => {
      guest.configuration(
        `echo "config $* token=$ACTIONS_RUNNER_INPUT_TOKEN group=$ACTIONS_RUNNER_INPUT_RUNNERGROUP"`,
      );
      guest.application(
        'echo "run $* token=${ACTIONS_RUNNER_INPUT_TOKEN-gone} url=${ACTIONS_RUNNER_INPUT_URL-gone} group=${ACTIONS_RUNNER_INPUT_RUNNERGROUP-gone}"',
      );
      const registration = registrationEnvironment({
        by: "token",
        url: "https://github.com/octo",
        token: new Secret("a-token"),
        name: "runner",
        labels: ["one"],
        group: "large",
      });
      const environment = Object.fromEntries(
        [...registration].map(([name, value]) => [name, value.reveal()]),
      );
      const { code, stdout } = await guest.start(environment).ended;
      expect({ code, stdout }).to.deep.equal({
        code: 0,
        stdout:
          "config --unattended --ephemeral token=a-token group=large\nrun  token=gone url=gone group=gone\n",
      });
    });

    it("does not run the application when it cannot be registered", async () => {
      guest.configuration("exit 4");
      guest.application("echo running");
      const { code, stdout } = await guest.start({ ACTIONS_RUNNER_INPUT_TOKEN: "a-token" }).ended;
      expect({ code, stdout }).to.deep.equal({ code: 4, stdout: "" });
    });

    it("only runs the application where it has a just-in-time configuration", async () => {
      guest.configuration("echo config");
      guest.application('echo "run $ACTIONS_RUNNER_INPUT_JITCONFIG"; exit 7');
      const { code, stdout } = await guest.start({ ACTIONS_RUNNER_INPUT_JITCONFIG: KEY }).ended;
      expect({ code, stdout }).to.deep.equal({ code: 7, stdout: `run ${KEY}\n` });
    });
  });

  it("are run by a unit that powers the instance off, however they end", () => {
    expect(startUnit.content).to.match(/^SuccessAction=poweroff-immediate$/m);
    expect(startUnit.content).to.match(/^FailureAction=poweroff-immediate$/m);
  });
});

import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { messageOf } from "charm-kit";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { ProcessWatch } from "../support/rig/process-watch.ts";
import { Rig } from "../support/rig/rig.ts";
import { formsOf, freshSecret, SecretHunt } from "../support/rig/secret-hunt.ts";
import { until } from "../support/rig/until.ts";

/** The runner application's own, which only its user reads. */
const CREDENTIALS = [".runner", ".credentials", ".credentials_rsaparams"];
/** What the agent keeps in Juju's place: the options as they were set are the model's, and no business of the charm's. */
const MODEL = ["state.json", "state.json.*~"];
/** For former paths and for the runner service: credentials that outlive a hook, which only root reads. */
const RECORDS = ["places.json", "service.json"];
const JIT_VARIABLE = "ACTIONS_RUNNER_INPUT_JITCONFIG=";

endToEnd("secrets", () => {
  const token = freshSecret("ghp_");
  const wrongToken = freshSecret("ghp_");
  const hunt = new SecretHunt();
  const texts = new Map<string, string>();
  let rig: Rig;
  let processes: ProcessWatch;
  let monitor: ChildProcess;
  let monitored = "";

  before(async () => {
    hunt.add("token", token);
    hunt.add("refused token", wrongToken);
    rig = await Rig.start({ application: "e2esecret" }, patience());
    await rig.github.call("add-token", { token }, patience());
    processes = new ProcessWatch();
    // Everything that LXD tells its operators, down to what it got and gave.
    monitor = spawn("lxc", ["monitor", "--type=logging", "--type=operation", "--type=lifecycle"]);
    monitor.stdout?.on("data", (chunk: Buffer) => (monitored += chunk.toString()));
  });

  after(async () => {
    monitor.kill();
    await processes[Symbol.asyncDispose]();
    await rig.close(patience(120_000));
  });

  /** Just-in-time configurations that runners have been given. */
  const jitConfigs = () =>
    [...processes.variables].flatMap((variable) =>
      variable.startsWith(JIT_VARIABLE) ? [variable.slice(JIT_VARIABLE.length)] : [],
    );

  /** Searches everything but the files that keep secrets. */
  const search = async (): Promise<string[]> => {
    processes.read();
    const [log, instances] = await Promise.all([
      rig.agent.debugLog(Infinity),
      rig.lxd.instances(rig.slug, patience()),
    ]);
    const everything = new Map([
      ...texts,
      ["log of the agent", log.join("\n")],
      ["events of the agent", JSON.stringify(rig.events)],
      ["command lines", [...processes.commandLines].join("\n")],
      ["environments", [...processes.variables].filter((text) => !text.startsWith(JIT_VARIABLE)).join("\n")],
      ["configuration of instances", JSON.stringify(instances)],
      ["monitor of LXD", monitored],
    ]);
    const inTexts = [...everything].flatMap(([source, text]) =>
      hunt.inText(text).map((name) => `${name} in ${source}`),
    );
    const onHost = hunt.inFiles(
      [rig.dataDirectory, rig.directory, "/var/log", "/var/lib/lxd/database", "/run/lock", "/etc"],
      [...MODEL, ...RECORDS],
    );
    return [...inTexts, ...onHost.map((path) => `a secret in ${path}`)];
  };

  /** Looks into the file system and the journal of a runner, but not into the application's own credentials. */
  const searchGuest = async (runner: string): Promise<string[]> => {
    const root = `/proc/${await initOf(runner)}/root`;
    const folders = [
      "etc",
      "home",
      "root",
      "run",
      "tmp",
      "var",
      "opt",
      "srv",
      "usr/local",
      "usr/lib/systemd",
    ];
    const files = hunt.inFiles(
      folders.map((folder) => join(root, folder)),
      CREDENTIALS,
    );
    const journal = await rig.lxd.client.exec.run(
      runner,
      { command: ["journalctl", "--no-pager", "--all", "--output=export"], maxOutputBytes: 32 * 1024 * 1024 },
      patience(),
    );
    expect(journal.stdout, "the journal is there to be searched").to.match(/Listening for Jobs/);
    return [
      ...files.map((path) => `a secret in ${path}`),
      ...hunt.inText(journal.stdout).map((name) => `${name} in the journal of a guest`),
    ];
  };

  const initOf = async (runner: string) => {
    const { pid } = await rig.lxd.client.instances.state(runner, patience());
    return pid;
  };

  it("are in none of the places that a person, a program or a log keeper sees", async () => {
    // Each step has the charm tell something: deployment, refusals, creation, a crash, a job, actions, a removal.
    await rig.deploy({ token: wrongToken }, patience(120_000));
    expect(await rig.status()).to.match(/^blocked: Invalid token/);
    await rig.configure({ token, "virtual-machines": "2" }, patience(120_000));
    expect(await rig.status()).to.equal("active: 2 runners: 2 idle");

    await rig.github.call("add-application-faults", ["crash-before-connect"], patience());
    await rig.configure({ "virtual-machines": "3" }, patience());
    expect(await rig.status()).to.match(/^active: 2 of 3 runners; retrying: /);

    await until(
      "the configurations of all runners",
      () => Promise.resolve(jitConfigs().length >= 3),
      patience(),
    );
    for (const [index, config] of jitConfigs().entries()) {
      const files = JSON.parse(Buffer.from(config, "base64").toString()) as Record<string, string>;
      const key = JSON.parse(Buffer.from(files[".credentials_rsaparams"] ?? "", "base64").toString()) as {
        readonly d: string;
      };
      hunt.add(`key of runner ${index}`, key.d);
      // Its first part is the same for all runners, and says what anybody may know.
      hunt.add(`configuration of runner ${index}`, config.slice(config.length / 2));
    }

    const job = await rig.occupy(patience());
    const action = await rig.agent.runAction({ unit: rig.unit, action: "check-runners" }, patience());
    texts.set("results of an action", JSON.stringify(action));
    expect(await searchGuest(job.runnerName ?? "")).to.deep.equal([]);
    expect(await search()).to.deep.equal([]);

    await rig.release(job, patience());
    texts.set("log of the job", (await rig.ended(job.id, patience())).log);
    await rig.github.call("revoke-token", { token }, patience());
    for (const name of ["check-runners", "flush-runners", "reconcile-runners"]) {
      const failed = await rig.agent.runAction({ unit: rig.unit, action: name }, patience());
      expect(failed.status).to.equal("failed");
      texts.set(`failure of ${name}`, JSON.stringify(failed));
    }
    await rig.reconcile(patience());
    texts.set("an error", await rig.act("check-runners", {}, patience()).then(JSON.stringify, messageOf));
    texts.set("status", JSON.stringify(await rig.agent.status()));
    expect(monitored, "LXD has been listened to").to.include(rig.slug);
    expect(await search()).to.deep.equal([]);
    await rig.github.call("add-token", { token }, patience());
  });

  it("are kept in two files of the unit's, which nobody but root may read", async () => {
    const files = RECORDS.map((name) => join(rig.dataDirectory, name));
    expect([...hunt.inFiles([rig.dataDirectory], [])].sort()).to.deep.equal(files);
    for (const file of files) {
      const { mode, uid } = await stat(file);
      expect([(mode & 0o777).toString(8), uid]).to.deep.equal(["600", 0]);
    }
  });

  it("would be found wherever they were", async () => {
    const planted = freshSecret("/control+");
    const clean = await search();
    expect(clean).to.deep.equal([]);
    hunt.add("control", planted);
    const forms = formsOf(planted);
    const files = forms.map((_, index) => join(rig.dataDirectory, `planted-${index}`));
    await mkdir(rig.dataDirectory, { recursive: true });
    for (const [index, form] of forms.entries()) {
      await writeFile(files[index] ?? "", `before ${form} after`);
      expect(hunt.inText(`before ${form} after`)).to.deep.equal(["control"]);
    }
    const seen = await search();
    expect(seen.sort(), forms.join("\n")).to.deep.equal(files.map((file) => `a secret in ${file}`).sort());
    await Promise.all(files.map((file) => rm(file)));
    for (const offset of ["", "a", "ab"]) {
      const encoded = Buffer.from(`${offset}${planted} and more`).toString("base64");
      expect(hunt.inText(encoded), encoded).to.deep.equal(["control"]);
    }

    await rig.reconcile(patience());
    const [runner = ""] = await rig.machines(patience());
    const sleeper = spawn("sleep", ["60"], {
      argv0: `sleep ${planted}`,
      env: { PLANTED: planted, PATH: "/usr/bin:/bin" },
    });
    await until(
      "the process",
      () => {
        processes.read();
        return Promise.resolve([...processes.commandLines].some((line) => line.includes(planted)));
      },
      patience(),
    );
    sleeper.kill();
    await rig.lxd.client.instances.patch(runner, { config: { "user.planted": planted } }, patience());
    await rig.lxd.client.exec.run(
      runner,
      { command: ["sh", "-c", "tee /root/planted | logger"], stdin: planted, maxOutputBytes: 100 },
      patience(),
    );
    const found = (await search()).join("\n");
    for (const source of ["command lines", "environments", "configuration of instances"]) {
      expect(found).to.include(`control in ${source}`);
    }
    const inGuest = (await searchGuest(runner)).join("\n");
    expect(inGuest)
      .to.match(/root\/planted$/m)
      .and.to.include("control in the journal of a guest");
  });

  it("are not asked for where none is needed: no registration token is", async () => {
    const requests = await rig.github.call("requests", null, patience());
    expect(requests.filter(({ route }) => route === "registration-token")).to.deep.equal([]);
  });
});

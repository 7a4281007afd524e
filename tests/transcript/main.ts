import { generateKeyPairSync } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Argument } from "commander";
import { format, resolveConfig } from "prettier";
import { npmCommand } from "../../scripts/npm-command.ts";
import { patience } from "../support/rig/end-to-end.ts";
import { keepSecret } from "../support/rig/keep-secret.ts";
import { Rig } from "../support/rig/rig.ts";
import { ServiceProcess } from "../support/rig/service-process.ts";
import { STANDARD_TOKEN } from "../support/github/http/callers.ts";
import { renderPage, type ChangeRecord, type Exchange, type RefusalRecord } from "./page.ts";
import { APP, APP_SECRET, CHANGES, OTHER_TOKEN, REFUSALS, TOKEN_SECRET } from "./scenes.ts";
import { replaceSections } from "./sections.ts";
import { Stage } from "./stage.ts";

const PAGE = join(import.meta.dirname, "../../docs/reference/what-to-expect.md");
const LIMIT_MS = 300_000;
const APPLICATION = "fleet";

/** Headings of the sections, by their names on the command line. */
const SECTIONS = {
  changes: "Change an option",
  refusals: "Invalid values",
  actions: "Run an action",
  demand: "Scale on demand",
  troubles: "Problems",
} as const;

const { args: named } = npmCommand(
  "transcript",
  "Runs scenes on the LXD of this machine, and records their output in docs/reference/what-to-expect.md.",
)
  .addArgument(
    new Argument("[sections...]", "only these, which replace their old versions (default: all)").choices(
      Object.keys(SECTIONS),
    ),
  )
  .parse();
const isPlayed = (section: keyof typeof SECTIONS) => named.length === 0 || named.includes(section);
const rig = await Rig.start({ application: APPLICATION }, patience());
try {
  const stage = new Stage(rig);
  const deploy = await playDeploy(stage);
  const changes = isPlayed("changes") ? await playChanges(stage) : [];
  const refusals = isPlayed("refusals") ? await playRefusals(stage) : [];
  const actions = isPlayed("actions") ? await playActions(stage) : [];
  const demand = isPlayed("demand") ? await playDemand(stage) : [];
  const troubles = isPlayed("troubles") ? await playTroubles(stage) : [];
  const remove = await playRemove(stage);
  const options = await resolveConfig(PAGE);
  const fresh = renderPage({ deploy, changes, refusals, actions, demand, troubles, remove });
  const played = Object.entries(SECTIONS).filter(([section]) => named.includes(section));
  const headings = ["Deploy", "Remove", ...played.map(([, heading]) => heading)];
  const page = named.length === 0 ? fresh : replaceSections(await readFile(PAGE, "utf8"), fresh, headings);
  await writeFile(PAGE, await format(page, { ...options, parser: "markdown" }));
  process.stdout.write(`Wrote ${PAGE}\n`);
} finally {
  await rig.close(patience(LIMIT_MS));
}

async function playDeploy(stage: Stage): Promise<Exchange> {
  say("deploy");
  await stage.rig.deploy({ "virtual-machines": "2" }, patience(LIMIT_MS));
  const command =
    "juju deploy ./github-runner.charm fleet --config path=acme/widgets --config virtual-machines=2 ...";
  return { title: "Deploy", command, shown: stage.statuses() };
}

async function playChanges(stage: Stage): Promise<readonly ChangeRecord[]> {
  const records: ChangeRecord[] = [];
  await makeCredentials(stage.rig);
  for (const { change, back, shown } of CHANGES) {
    say(Object.keys(change).join(", "));
    await stage.set();
    await stage.rig.configure(change, patience(LIMIT_MS));
    const record = { change: { ...change, ...shown }, fate: await stage.fate() };
    records.push({ ...record, status: stage.statuses().at(-1) });
    await stage.rig.configure(back, patience(LIMIT_MS));
  }
  await stage.set();
  return records;
}

/** Makes GitHub and the model know the credentials of {@link CHANGES}. */
async function makeCredentials(rig: Rig): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  await rig.github.call("add-token", { token: OTHER_TOKEN }, patience());
  const app = { ...APP, publicKey, permissions: { administration: "write", actions: "read" } };
  await rig.github.call("add-app", app, patience());
  await keepSecret(rig, TOKEN_SECRET, { "github-token": OTHER_TOKEN }, patience());
  await keepSecret(rig, APP_SECRET, { "private-key": privateKey }, patience());
}

async function playRefusals(stage: Stage): Promise<readonly RefusalRecord[]> {
  const records: RefusalRecord[] = [];
  const defaults = { "virtual-machines": "2", "token-secret-id": "", labels: "" };
  const more = { "vm-cpu": "2", "reconcile-interval": "10", denylist: "", "dockerhub-mirror": "" };
  const good = {
    ...stage.rig.config,
    ...defaults,
    ...more,
    "pre-job-script": "",
    "github-app-client-id": "",
  };
  for (const change of REFUSALS) {
    say(JSON.stringify(change));
    await stage.rig.configure(change, patience(LIMIT_MS));
    records.push({ change, status: stage.statuses().at(-1) });
    const back = Object.entries(good).filter(([option]) => option in change);
    await stage.rig.configure(Object.fromEntries(back), patience(LIMIT_MS));
    stage.statuses();
  }
  return records;
}

async function playActions(stage: Stage): Promise<readonly Exchange[]> {
  const exchanges: Exchange[] = [];
  const play = async (action: string, parameters: Readonly<Record<string, string>> = {}) => {
    say(action);
    await stage.set();
    const words = Object.entries(parameters).map(([name, value]) => ` ${name}=${value}`);
    const command = `juju run fleet/0 ${action}${words.join("")}`;
    exchanges.push({
      title: `${action}${words.join("")}`,
      command,
      shown: [await stage.act(action, parameters)],
    });
  };
  await play("check-runners");
  await play("reconcile-runners");
  for (const mode of ["idle", "busy", "force"]) await play("flush-runners", { mode });
  await play("update-dependencies");
  await play("build-image");
  await play("collect-logs");
  await play("collect-logs", { runner: "no-such-runner" });
  return exchanges;
}

/** A record of what people do, with the statuses that they see then. */
function recordStatuses(stage: Stage) {
  const exchanges: Exchange[] = [];
  const play = async (title: string, command: string, work: () => Promise<unknown>) => {
    say(title);
    stage.statuses();
    await work();
    exchanges.push({ title, command, shown: stage.statuses() });
  };
  return { exchanges, play };
}

/** Three jobs at once for a unit of at most two runners. */
async function playDemand(stage: Stage): Promise<readonly Exchange[]> {
  const { rig } = stage;
  const { exchanges, play } = recordStatuses(stage);
  const show = () => rig.dispatch("update-status", patience(LIMIT_MS));
  await stage.clear();
  const service = new ServiceProcess(rig);
  service.start();
  try {
    await play("Without jobs there are no runners", "juju config fleet scaling=demand", () =>
      rig.configure({ scaling: "demand" }, patience(LIMIT_MS)),
    );
    await rig.github.call("wait-for-scale-set", { name: rig.slug }, patience());
    const begun = [await rig.occupy(patience(LIMIT_MS)), await rig.occupy(patience(LIMIT_MS))];
    const waiting = await rig.queue(["true"], patience());
    await service.shows(
      "two busy runners",
      ({ runners, demand }) =>
        runners.filter(({ state }) => state === "busy").length === 2 && demand !== undefined,
      patience(),
    );
    await play("Three jobs, and at most two runners", "juju status", show);
    say("explain-queue");
    const explained = await stage.act("explain-queue", {});
    exchanges.push({
      title: "Why a job waits",
      command: "juju run fleet/0 explain-queue",
      shown: [explained],
    });
    for (const job of begun) await rig.release(job, patience());
    await rig.ended(waiting.id, patience(LIMIT_MS));
    await rig.github.call("wait-for-runners", { registered: 0 }, patience(LIMIT_MS));
    await service.shows("no runner", ({ counts }) => counts?.names.length === 0, patience());
    await play("After the last job", "juju status", show);
    await play("A fixed number of runners again", "juju config fleet scaling=fixed", () =>
      rig.configure({ scaling: "fixed" }, patience(LIMIT_MS)),
    );
  } finally {
    await service.kill("SIGTERM");
  }
  return exchanges;
}

async function playTroubles(stage: Stage): Promise<readonly Exchange[]> {
  const { exchanges, play } = recordStatuses(stage);
  const { rig } = stage;
  const reconcile = "juju run fleet/0 reconcile-runners   # or the timer";
  await stage.set();
  await play("A token that GitHub rejects", "juju config fleet token=@old-token.txt", () =>
    rig.configure({ token: "ghp_000000000000000000000000000000000000" }, patience(LIMIT_MS)),
  );
  await play("A valid token again", "juju config fleet token=@token.txt", () =>
    rig.configure({ token: STANDARD_TOKEN }, patience(LIMIT_MS)),
  );
  await rig.github.call("hide-scope", { scope: "repos/acme/nothing" }, patience());
  await play("A path that does not exist", "juju config fleet path=acme/nothing", () =>
    rig.configure({ path: "acme/nothing" }, patience(LIMIT_MS)),
  );
  await rig.configure({ path: rig.config["path"] ?? "" }, patience(LIMIT_MS));
  await stage.set();
  await rig.github.call("set-rate-limit", { limit: 0 }, patience());
  await play("Too many requests", "juju config fleet labels=gpu", () =>
    rig.configure({ labels: "gpu" }, patience(LIMIT_MS)),
  );
  await rig.github.call("set-rate-limit", { limit: 5000 }, patience());
  await rig.configure({ labels: "" }, patience(LIMIT_MS));
  await stage.set();
  await rig.github.call("add-application-faults", ["crash-before-connect"], patience());
  await play("A runner that does not start", "juju config fleet virtual-machines=3", () =>
    rig.configure({ "virtual-machines": "3" }, patience(LIMIT_MS)),
  );
  await play("At the next reconcile", reconcile, () => rig.dispatch("reconcile-runners", patience(LIMIT_MS)));
  await rig.configure({ "virtual-machines": "2" }, patience(LIMIT_MS));
  return exchanges;
}

async function playRemove(stage: Stage): Promise<Exchange> {
  say("remove");
  await stage.set();
  await stage.rig.agent.remove(APPLICATION, false, patience(LIMIT_MS));
  return { title: "Remove", command: "juju remove-application fleet", shown: stage.statuses() };
}

function say(what: string): void {
  process.stdout.write(`   ${what}\n`);
}

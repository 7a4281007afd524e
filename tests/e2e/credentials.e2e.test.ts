import { generateKeyPairSync } from "node:crypto";
import { expect } from "chai";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { keepSecret } from "../support/rig/keep-secret.ts";
import { Rig } from "../support/rig/rig.ts";
import { freshSecret, SecretHunt } from "../support/rig/secret-hunt.ts";

const APP = {
  "github-app-client-id": "Iv1.fedcba9876543210",
  "github-app-installation-id": "4711",
};
/** What the agent keeps as Juju would, and the unit's record of its registration scopes. */
const FOR_SECRETS = ["state.json", "state.json.*~", "places.json"];

endToEnd("credentials in secrets", () => {
  const hunt = new SecretHunt();
  let rig: Rig;

  before(async () => {
    rig = await Rig.start({ application: "e2ecred" }, patience());
    await rig.deploy({ token: "", "virtual-machines": "1" }, patience(120_000));
  });

  after(() => rig.close(patience(120_000)));

  // The status of one moment is compared: what led to it is told beside it.
  afterEach(async function () {
    if (this.currentTest?.state !== "failed") return;
    const [runners, instances] = await Promise.all([rig.registrations(patience()), rig.machines(patience())]);
    console.log(
      JSON.stringify(
        { statuses: rig.statuses.slice(-12), runners, instances, log: rig.log.slice(-60) },
        undefined,
        1,
      ),
    );
  });

  /** What GitHub answers from now on to those whom it does not know or let. */
  const refusals = async () => {
    const requests = () => rig.github.call("requests", null, patience());
    const before = (await requests()).length;
    return async () =>
      (await requests()).slice(before).filter(({ status }) => [401, 403, 404].includes(status));
  };

  const token = async () => {
    const fresh = freshSecret("ghp_");
    hunt.add("token", fresh);
    await rig.github.call("add-token", { token: fresh }, patience());
    return fresh;
  };

  /** Makes a key of the App, as a person does on GitHub; the one before it is no longer good. */
  const newKey = async () => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs1", format: "pem" },
    });
    const app = {
      clientId: APP["github-app-client-id"],
      installationId: Number(APP["github-app-installation-id"]),
      publicKey,
      permissions: { administration: "write" },
    };
    await rig.github.call("add-app", app, patience());
    for (const line of privateKey.split("\n").slice(1, -2)) hunt.add("key", line);
    return privateKey;
  };

  const runJob = async () => {
    const job = await rig.queue(["echo done"], patience());
    const { conclusion, runnerName } = await rig.ended(job.id, patience());
    await rig.gone(runnerName ?? "", patience());
    await rig.reconcile(patience());
    return conclusion;
  };

  it("are missed in the status, with what to do, before there are any", async () => {
    expect(await rig.status()).to.match(/^blocked: token: missing; set token-secret-id to a Juju secret/);
  });

  it("are a token, and another one as soon as the secret has it", async () => {
    const first = await token();
    const uri = await keepSecret(rig, "github-token", { "github-token": first }, patience());
    await rig.configure({ "token-secret-id": uri }, patience());
    expect(await rig.status()).to.equal("active: 1 runner: 1 idle");
    expect(await runJob()).to.equal("success");

    const second = await token();
    await rig.github.call("revoke-token", { token: first }, patience());
    const refused = await refusals();
    await keepSecret(rig, "github-token", { "github-token": second }, patience());
    expect(await rig.status()).to.equal("active: 1 runner: 1 idle");
    expect(await refused()).to.deep.equal([]);
  });

  it("are told of when they are wrong, and what is wrong is mended by the secret alone", async () => {
    const { application, agent } = rig;
    await agent.secrets.revoke("github-token", [application], patience());
    await rig.reconcile(patience());
    expect(await rig.status()).to.equal(
      "blocked: token-secret-id: the secret is not granted to the application; grant it with juju grant-secret",
    );
    await agent.secrets.grant("github-token", [application], patience());
    await keepSecret(rig, "github-token", { token: await token() }, patience());
    expect(await rig.status()).to.equal(
      "blocked: token-secret-id: the secret has no field github-token; set it with juju update-secret",
    );
    await keepSecret(rig, "github-token", { "github-token": await token() }, patience());
    expect(await rig.status()).to.equal("active: 1 runner: 1 idle");
  });

  it("are those of a GitHub App, which win over a token, and the key of the App changes without a stop", async () => {
    const key = await keepSecret(rig, "github-app", { "private-key": await newKey() }, patience());
    await rig.configure({ ...APP, "github-app-private-key-secret-id": key }, patience());
    expect(await rig.status()).to.equal("active: 1 runner: 1 idle");
    const requests = await rig.github.call("requests", null, patience());
    expect(requests.map(({ path }) => path)).to.include("/app/installations/4711/access_tokens");
    expect(await runJob()).to.equal("success");

    const next = await newKey();
    const refused = await refusals();
    await keepSecret(rig, "github-app", { "private-key": next }, patience());
    expect(await rig.status()).to.equal("active: 1 runner: 1 idle");
    expect(await refused()).to.deep.equal([]);
    expect(await runJob()).to.equal("success");
  });

  it("take a key that GitHub does not know for what it is", async () => {
    const { privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    await keepSecret(rig, "github-app", { "private-key": privateKey }, patience());
    expect(await rig.status()).to.match(/^blocked: /);
    const runners = await rig.machines(patience());
    expect(runners, "the runner that is there stays").to.have.length(1);
    await keepSecret(rig, "github-app", { "private-key": await newKey() }, patience());
    expect(await rig.status()).to.equal("active: 1 runner: 1 idle");
  });

  it("are in no log, no file and no request's path", async () => {
    const log = await rig.agent.debugLog(Infinity);
    const requests = await rig.github.call("requests", null, patience());
    const instances = await rig.lxd.instances(rig.slug, patience());
    const texts = { log, requests, events: rig.events, instances };
    for (const [source, text] of Object.entries(texts)) {
      expect(hunt.inText(JSON.stringify(text)), source).to.deep.equal([]);
    }
    expect(log.join("\n"), "the log is there to be searched").to.include("secret-changed");
    const directories = [rig.dataDirectory, rig.directory, "/var/log", "/var/lib/lxd/database", "/run/lock"];
    expect(hunt.inFiles(directories, FOR_SECRETS)).to.deep.equal([]);
  });
});

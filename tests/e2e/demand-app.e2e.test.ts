import { generateKeyPairSync } from "node:crypto";
import { expect } from "chai";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { keepSecret } from "../support/rig/keep-secret.ts";
import { Rig } from "../support/rig/rig.ts";
import { ServiceProcess } from "../support/rig/service-process.ts";
import { until } from "../support/rig/until.ts";
import { STANDARD_TOKEN } from "../support/github/http/callers.ts";

const CLIENT_ID = "Iv1.0123456789abcdef";
const INSTALLATION = 815;
const MINUTE_MS = 60_000;

endToEnd("a unit that scales on demand with a GitHub App", () => {
  let rig: Rig;
  let service: ServiceProcess;

  const requests = () => rig.github.call("requests", null, patience());
  const timesOf = async (part: string) => (await requests()).filter(({ path }) => path.includes(part)).length;
  const refused = async () => (await requests()).filter(({ status }) => status === 401);
  const runJob = async () => {
    const { id } = await rig.queue(["echo done"], patience());
    const { conclusion, assignments } = await rig.ended(id, patience(180_000));
    expect({ conclusion, assignments }).to.deep.equal({ conclusion: "success", assignments: 1 });
  };
  /** As a person does on GitHub. */
  const newKey = async () => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs1", format: "pem" },
    });
    const permissions = { administration: "write" };
    const app = { clientId: CLIENT_ID, installationId: INSTALLATION, publicKey, permissions };
    await rig.github.call("add-app", app, patience());
    return privateKey;
  };

  before(async () => {
    rig = await Rig.start({ application: "e2edemapp" }, patience());
    service = new ServiceProcess(rig);
    // Nobody else can have done what is done: the token is no longer good.
    await rig.github.call("revoke-token", { token: STANDARD_TOKEN }, patience());
    const key = await newKey();
    await rig.deploy({ token: "", scaling: "demand", "virtual-machines": "2" }, patience(240_000));
    const uri = await keepSecret(rig, "github-app", { "private-key": key }, patience());
    await rig.configure(
      {
        "github-app-client-id": CLIENT_ID,
        "github-app-installation-id": String(INSTALLATION),
        "github-app-private-key-secret-id": uri,
      },
      patience(240_000),
    );
    service.start();
  });
  after(async () => {
    await service.kill("SIGTERM");
    await rig.close(patience(120_000));
  });

  it("makes its scale set, listens to it, and runs a job", async () => {
    await rig.github.call("wait-for-scale-set", { name: rig.slug }, patience(60_000));
    await runJob();
    expect(await timesOf(`/app/installations/${INSTALLATION}/access_tokens`)).to.be.at.least(1);
    expect(await refused(), "requests that GitHub refused").to.deep.equal([]);
    expect(await rig.status()).to.match(/^active: /);
  });

  it("gets all of its tokens anew before they end, without a refused request", async () => {
    // Each kind is renewed some time before its end: here it is a few seconds after it was made.
    await rig.github.call("set-app-tokens", { lifeMs: 5 * MINUTE_MS + 2000 }, patience());
    const short = MINUTE_MS + 2000;
    await rig.github.call("set-scale-sets", { adminTokenMs: short, sessionTokenMs: short }, patience());
    await service.kill("SIGTERM");
    service.start();
    await rig.github.call("wait-for-scale-set", { name: rig.slug }, patience(60_000));
    const [tokens, connections] = [await timesOf("/access_tokens"), await timesOf("/runner-registration")];
    await runJob();
    await runJob();
    await until(
      "other tokens of the App and of the Actions service",
      async () =>
        (await timesOf("/access_tokens")) > tokens + 1 &&
        (await timesOf("/runner-registration")) > connections + 1,
      patience(60_000),
    );
    expect(await refused(), "requests that GitHub refused").to.deep.equal([]);
  });

  it("goes on with other tokens when GitHub takes none of those that it has", async () => {
    await rig.github.call("set-app-tokens", { lifeMs: 60 * MINUTE_MS }, patience());
    await rig.github.call(
      "set-scale-sets",
      { adminTokenMs: 60 * MINUTE_MS, sessionTokenMs: 60 * MINUTE_MS },
      patience(),
    );
    await runJob();
    await rig.github.call("revoke-app-tokens", null, patience());
    await rig.github.call("revoke-admin-tokens", null, patience());
    await runJob();
    await runJob();
    await rig.reconcile(patience(120_000));
    expect(await rig.status()).to.match(/^active: /);
    const [set, ...others] = await rig.github.call("list-scale-sets", null, patience());
    expect(others, "other scale sets").to.deep.equal([]);
    expect(set?.statistics).to.include({ totalAssignedJobs: 0 });
  });

  it("takes another key of the App between jobs", async () => {
    const key = await newKey();
    await keepSecret(rig, "github-app", { "private-key": key }, patience(120_000));
    await runJob();
    expect(await rig.status()).to.match(/^active: /);
  });

  it("deletes its scale set when it is removed", async () => {
    await service.kill("SIGTERM");
    await rig.remove(patience(120_000));
    expect(await rig.github.call("list-scale-sets", null, patience())).to.deep.equal([]);
  });
});

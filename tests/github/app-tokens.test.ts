import { expect } from "chai";
import { generateKeyPairSync } from "node:crypto";
import { createGithubClient } from "../../src/github/create-github-client.ts";
import type { Credentials } from "../../src/github/credentials.ts";
import { AppRefusedError, BadCredentialsError, RateLimitError } from "../../src/github/errors.ts";
import type { GithubForge } from "../../src/github/github-forge.ts";
import { parseGithubPath } from "../../src/github/path.ts";
import { systemClock, silentLogger, Redactor, Secret, type Clock } from "charm-kit";
import { rejection } from "../support/rejection.ts";
import { startGithubStandIn, type GithubStandIn } from "../support/github/github-stand-in.ts";
import { clientOf, json, never, page, useStubGithub, justInTime } from "./support.ts";

const keys = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
const otherKey = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
}).privateKey;
const APP = {
  by: "app",
  clientId: "Iv23liStandIn",
  installationId: 4711,
  privateKey: new Secret(keys.privateKey),
} as const satisfies Credentials;
const HOUR_MS = 3_600_000;

describe("A GitHub App at the stand-in", function () {
  this.timeout(120_000); // the first exchange loads GitHub's description
  let github: GithubStandIn;
  let aheadMs = 0;
  /** Runs as the stand-in's clock does. */
  const clock: Clock = { ...systemClock, now: () => Date.now() + aheadMs };

  before(async () => {
    github = await startGithubStandIn();
  });
  after(() => github.close());
  beforeEach(async () => {
    await github.control("reset", null);
  });
  afterEach(() => {
    expect(github.violations).to.deep.equal([]);
  });

  const advance = async (byMs: number) => {
    aheadMs += byMs;
    await github.control("advance-clock", { byMs });
  };
  const install = (permissions: Readonly<Record<string, string>>) =>
    github.control("add-app", {
      clientId: APP.clientId,
      installationId: APP.installationId,
      publicKey: keys.publicKey,
      permissions,
    });
  const forgeOf = (
    at = "octo/hello",
    credentials: Credentials = APP,
    redactor = new Redactor(),
  ): GithubForge =>
    createGithubClient({
      path: parseGithubPath(at),
      githubUrl: github.url,
      credentials,
      log: silentLogger,
      redactor,
      clock,
      secondMs: 5,
    });
  const minted = () => github.requests.filter(({ path }) => path.endsWith("/access_tokens"));

  for (const [at, permission] of [
    ["octo/hello", "administration"],
    ["octo", "organization_self_hosted_runners"],
  ] as const) {
    it(`manages the runners of ${at} with tokens that can do that and read jobs, and no more`, async () => {
      await install({ [permission]: "write", actions: "read", contents: "write", members: "read" });
      const forge = forgeOf(at);
      const { id } = await justInTime(forge.register("app-0-1", ["x"], never));
      expect(await forge.list(never)).to.have.length(1);
      expect(await forge.deregister(id, never)).to.equal("gone");
      expect(minted().map(({ body }) => body)).to.deep.equal([
        { permissions: { [permission]: "write", actions: "read" } },
      ]);
    });
  }

  it("goes without reading jobs where its installation may not", async () => {
    await install({ administration: "write" });
    expect(await forgeOf().list(never)).to.deep.equal([]);
    expect(minted()).to.have.length(2);
  });

  it("gets one token for calls that begin together", async () => {
    await install({ administration: "write", actions: "read" });
    const forge = forgeOf();
    await Promise.all([forge.list(never), forge.get(1, never), forge.list(never)]);
    expect(minted()).to.have.length(1);
  });

  it("renews its token before it ends, and not earlier", async () => {
    await install({ administration: "write", actions: "read" });
    const forge = forgeOf();
    await forge.list(never);
    await advance(50 * 60_000);
    await forge.list(never);
    expect(minted()).to.have.length(1);
    await advance(6 * 60_000);
    await forge.list(never);
    expect(minted()).to.have.length(2);
    await advance(2 * HOUR_MS);
    expect(await forge.list(never)).to.deep.equal([]);
  });

  it("opens the scale set anew with another token when GitHub ends one before its time", async () => {
    await install({ administration: "write" });
    const forge = createGithubClient({
      path: parseGithubPath("octo/hello"),
      githubUrl: github.url,
      credentials: APP,
      scaleSet: { name: "app-0", labels: ["linux"], owner: "app/0" },
      log: silentLogger,
      clock,
      secondMs: 5,
    });
    await forge.scaleSet?.ensure(never);
    const before = minted().length;
    // Longer than GitHub may not know a new token.
    aheadMs += 10_000;
    await github.control("revoke-app-tokens", null);
    await github.control("revoke-admin-tokens", null);
    try {
      expect(await forge.scaleSet?.figures(never)).to.deep.equal({ assigned: 0, running: 0, idle: 0 });
      expect(minted().length).to.equal(before + 2);
    } finally {
      forge.close();
    }
  });

  it("says that key and App do not belong together", async () => {
    await install({ administration: "write" });
    const error = await rejection(
      forgeOf("octo/hello", { ...APP, privateKey: new Secret(otherKey) }).list(never),
    );
    expect(error).to.be.instanceOf(AppRefusedError).and.to.include({ code: "github-app", status: 401 });
    expect(error.message).to.match(/check that github-app-client-id and the private key belong together/);
  });

  it("says that the App has no such installation", async () => {
    await install({ administration: "write" });
    const error = await rejection(forgeOf("octo/hello", { ...APP, installationId: 1 }).list(never));
    expect(error.message).to.match(/it has no installation 1; set github-app-installation-id/);
  });

  it("says which permission the installation lacks", async () => {
    await install({ contents: "read" });
    const error = await rejection(forgeOf("octo").list(never));
    expect(error.message).to.match(
      /its installation lacks 'organization_self_hosted_runners: write'; add it to the App, and accept it/,
    );
  });
});

describe("A GitHub App", () => {
  const MINT = "POST /app/installations/4711/access_tokens";
  const LIST = "GET /repos/octo/hello/actions/runners";
  const NOW = Date.now();
  const token = (name: string, endsInMs = HOUR_MS) =>
    json(201, { token: name, expires_at: new Date(Date.now() + endsInMs).toISOString(), permissions: {} });
  const github = useStubGithub();

  const authorizations = () => github.seen(LIST).map(({ headers }) => headers.authorization);

  it("asks a GitHub Enterprise Server below the address of its API, signed by the App", async () => {
    github.on(MINT, token("ghs_1")).on(LIST, page([]));
    await clientOf(github, { credentials: APP }).list(never);
    const [asked] = github.seen(MINT);
    const [, payload = ""] = /^bearer \S+?\.(\S+)\.\S+$/.exec(asked?.headers.authorization ?? "") ?? [];
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
    expect(claims).to.have.all.keys("iss", "iat", "exp", "jti");
    expect(Number(claims["exp"]) - Number(claims["iat"])).to.be.at.most(600);
    expect(authorizations()).to.deep.equal(["Bearer ghs_1"]);
  });

  it("signs no two requests for tokens alike, also in one second: GitHub has refused the second of two", async () => {
    github.on(MINT, token("ghs_1"), token("ghs_2")).on(LIST, page([]), page([]));
    const clock: Clock = { ...systemClock, now: () => NOW };
    for (const client of [1, 2].map(() => clientOf(github, { credentials: APP, clock })))
      await client.list(never);
    const signed = github.seen(MINT).map(({ headers }) => headers.authorization);
    expect(new Set(signed)).to.have.property("size", 2);
  });

  it("uses a token of any length and form as it is", async () => {
    const long = `ghs_123456_${"eyJh".repeat(300)}.${"a-_9".repeat(60)}`;
    github.on(MINT, token(long)).on(LIST, page([]));
    await clientOf(github, { credentials: APP }).list(never);
    expect(authorizations()).to.deep.equal([`Bearer ${long}`]);
  });

  it("takes a new token for one that GitHub refuses, once", async () => {
    const old = { ...systemClock, now: () => Date.now() };
    let lead = 0;
    const clock: Clock = { ...old, now: () => Date.now() + lead };
    github
      .on(MINT, token("ghs_1"), token("ghs_2"), token("ghs_3"))
      .on(LIST, page([]), json(401, { message: "Bad credentials" }), page([]), json(401, { message: "no" }));
    const forge = clientOf(github, { credentials: APP, clock });
    await forge.list(never);
    lead = 10_000;
    expect(await forge.list(never)).to.deep.equal([]);
    lead = 20_000;
    expect(await rejection(forge.list(never))).to.be.instanceOf(BadCredentialsError);
    expect(authorizations()).to.deep.equal(
      ["ghs_1", "ghs_1", "ghs_2", "ghs_2", "ghs_3"].map((name) => `Bearer ${name}`),
    );
  });

  it("replaces a refused token at once after the clock was set back", async () => {
    let ahead = HOUR_MS / 2;
    const clock: Clock = { ...systemClock, now: () => Date.now() + ahead };
    github
      .on(MINT, token("ghs_1"), token("ghs_2"))
      .on(LIST, page([]), json(401, { message: "Bad credentials" }), page([]));
    const forge = clientOf(github, { credentials: APP, clock });
    await forge.list(never);
    ahead = 0;
    expect(await forge.list(never)).to.deep.equal([]);
    expect(authorizations()).to.deep.equal(["Bearer ghs_1", "Bearer ghs_1", "Bearer ghs_2"]);
  });

  it("tries a token again that is so new that GitHub may not know it everywhere", async () => {
    github.on(MINT, token("ghs_1")).on(LIST, json(401, { message: "Bad credentials" }), page([]));
    const waits: number[] = [];
    const clock: Clock = {
      ...systemClock,
      wait: (delayMs) => {
        waits.push(delayMs);
        return Promise.resolve();
      },
    };
    expect(await clientOf(github, { credentials: APP, clock }).list(never)).to.deep.equal([]);
    expect(authorizations()).to.deep.equal(["Bearer ghs_1", "Bearer ghs_1"]);
    expect(waits).to.deep.equal([1000]);
  });

  it("says why GitHub forbids it a token", async () => {
    github.on(MINT, json(403, { message: "This installation has been suspended" }));
    const error = await rejection(clientOf(github, { credentials: APP }).list(never));
    expect(error.message).to.match(/403 \(This installation has been suspended\); check/);
  });

  it("takes a rate limit for what it is", async () => {
    const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1893456000" };
    github.on(MINT, json(403, { message: "API rate limit exceeded" }, headers));
    expect(await rejection(clientOf(github, { credentials: APP }).list(never))).to.be.instanceOf(
      RateLimitError,
    );
  });

  it("shows its tokens to the redactor, and in no error", async () => {
    const redactor = new Redactor();
    github.on(MINT, token("ghs_verysecret")).on(LIST, json(422, { message: "token ghs_verysecret is bad" }));
    const error = await rejection(clientOf(github, { credentials: APP, redactor }).list(never));
    expect(error.message).not.to.include("ghs_verysecret");
    expect(redactor.scrub("ghs_verysecret")).to.equal("[redacted]");
  });
});

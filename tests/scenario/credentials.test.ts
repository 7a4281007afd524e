import { expect } from "chai";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GithubRunnerCharm } from "../../src/charm/charm.ts";
import type { JsonObject } from "juju-charm";
import { loadMetadata } from "juju-charm/metadata";
import { Context, Secret, State } from "juju-charm/testing";
import { json, useStubGithub } from "../github/support.ts";
import { lonelySystem } from "../charm/lonely-system.ts";

const OLD = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
const NEW = "ghp_9876543210abcdefghijABCDEFGHIJ012345";
const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
});

describe("the runner charm's credentials", () => {
  let directory: string;
  let ctx: Context;
  const github = useStubGithub();

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "credentials-"));
    const system = lonelySystem(directory);
    ctx = new Context((framework) => new GithubRunnerCharm(framework, system), {
      metadata: await loadMetadata(join(import.meta.dirname, "../..")),
    });
  });
  after(() => rm(directory, { recursive: true, force: true }));
  const configChanged = async (secrets: readonly Secret[], config: JsonObject) => {
    const common = { path: "octo/hello", "instance-type": "container", "image-server": "local" };
    const server = { "github-url": github.url, "test-mode": "insecure" };
    const state = new State({ config: { ...common, ...server, ...config }, secrets });
    const { unitStatus } = await ctx.run(ctx.on.configChanged(), state);
    const told = JSON.stringify([unitStatus, ctx.jujuLog, ctx.unitStatusHistory]);
    return { shown: `${unitStatus.name}: ${unitStatus.message}`, told };
  };

  it("come from the secret's newest revision, not from the option", async () => {
    github.on("GET /repos/octo/hello/actions/runners/downloads", json(401, { message: `Bad ${NEW}` }));
    const secret = new Secret({ content: { "github-token": OLD }, latest: { "github-token": `${NEW}\n` } });
    const { shown, told } = await configChanged([secret], { token: OLD, "token-secret-id": secret.uri });
    expect(shown).to.match(/^blocked: Invalid token: /);
    expect(github.requests.map(({ headers }) => headers.authorization)).to.deep.equal([`Bearer ${NEW}`]);
    expect(told).not.to.include(NEW).and.not.to.include(OLD);
  });

  it("come from a GitHub App, whose tokens can only manage runners", async () => {
    github
      .on(
        "POST /app/installations/4711/access_tokens",
        json(201, { token: NEW, expires_at: "2100-01-01T00:00:00Z" }),
      )
      .on("GET /repos/octo/hello/actions/runners/downloads", json(403, { message: `Not you, ${NEW}` }));
    const secret = new Secret({ content: { "private-key": privateKey } });
    const { shown, told } = await configChanged([secret], {
      "github-app-client-id": "Iv23liAbCdEf",
      "github-app-installation-id": 4711,
      "github-app-private-key-secret-id": secret.uri,
    });
    expect(shown).to.match(/^blocked: The token lacks a permission: /);
    expect(github.requests.at(-1)?.headers.authorization).to.equal(`Bearer ${NEW}`);
    for (const part of [NEW, ...privateKey.trim().split("\n").slice(1, -1)])
      expect(told).not.to.include(part);
  });

  it("block the unit without a call to GitHub when the secret or its field is missing", async () => {
    const secret = new Secret({ content: { token: OLD } });
    const lacking = await configChanged([secret], { "token-secret-id": secret.uri });
    expect(lacking.shown).to.equal(
      "blocked: token-secret-id: the secret has no field github-token; set it with juju update-secret",
    );
    const gone = await configChanged([], { "token-secret-id": secret.uri });
    expect(gone.shown).to.equal(
      "blocked: token-secret-id: there is no such secret; use the ID that juju secrets shows",
    );
    expect(github.requests).to.deep.equal([]);
    expect(lacking.told).not.to.include(OLD);
  });
});

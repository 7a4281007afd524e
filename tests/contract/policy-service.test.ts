import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redactor, Secret, silentLogger, systemClock } from "charm-kit";
import { parseGithubPath } from "../../src/github/path.ts";
import { createRepositoryReader } from "../../src/github/index.ts";
import { RepositoryChecks } from "../../src/compliance/repository-checks.ts";
import { ExternalPolicy } from "../../src/policy/external-policy.ts";
import { OneTimeTokens } from "../../src/policy/one-time-tokens.ts";
import { PolicyEndpoint } from "../../src/service/policy-endpoint.ts";
import { STANDARD_TOKEN } from "../support/github/http/callers.ts";
import { startGithubStandIn } from "../support/github/github-stand-in.ts";
import {
  policyProtocolContract,
  repositoryPolicyContract,
  type PolicyServiceFixture,
} from "./policy-service.contract.ts";
import { freePort } from "../support/free-port.ts";

const HOST = "127.0.0.1";
const CHARM_TOKEN = "token-of-the-charm";
const LIMIT_MS = 90_000;

async function openBuiltin(): Promise<PolicyServiceFixture> {
  const github = await startGithubStandIn();
  const directory = mkdtempSync(join(tmpdir(), "policy-contract-"));
  const tokens = new OneTimeTokens(directory, systemClock);
  const reader = createRepositoryReader({
    path: parseGithubPath("octo"),
    githubUrl: github.url,
    credentials: { by: "token", token: new Secret(STANDARD_TOKEN) },
    log: silentLogger,
    redactor: new Redactor(),
    secondMs: 5,
  });
  const checks = new RepositoryChecks({ reader, log: silentLogger });
  const endpoint = new PolicyEndpoint({
    redeem: (token) => tokens.redeem(token),
    check: (request, signal) => checks.check(request, signal),
    clock: systemClock,
    log: silentLogger,
    mostRequests: 10_000,
  });
  const port = await freePort();
  await endpoint.listen({ host: HOST, port });
  return {
    url: `http://${HOST}:${port}`,
    github,
    oneTimeToken: async () => (await tokens.issue()).reveal(),
    close: async () => {
      await endpoint.close();
      await github.close();
      rmSync(directory, { recursive: true });
    },
  };
}

/** A service in a process of its own, whose tokens the charm's own client gets. */
async function openProcess(
  start: (facts: { port: number; api: string }) => ChildProcess,
): Promise<PolicyServiceFixture> {
  const github = await startGithubStandIn();
  const port = await freePort();
  const url = `http://${HOST}:${port}`;
  const child = start({ port, api: `${github.url}/api/v3` });
  const policy = new ExternalPolicy({ url, token: new Secret(CHARM_TOKEN), clock: systemClock });
  const close = async () => {
    if (child.exitCode === null) {
      child.kill();
      await once(child, "exit");
    }
    await github.close();
  };
  const limit = AbortSignal.timeout(LIMIT_MS);
  for (;;) {
    const isUp = await policy.oneTimeToken(limit).then(
      () => true,
      () => false,
    );
    if (isUp) break;
    if (limit.aborted || child.exitCode !== null) {
      await close();
      throw new Error("The policy service does not start");
    }
    await systemClock.wait(100, limit).catch(() => undefined);
  }
  return {
    url,
    github,
    oneTimeToken: async () => (await policy.oneTimeToken(limitOfCall())).reveal(),
    close,
  };
}

const limitOfCall = () => AbortSignal.timeout(LIMIT_MS);

/** The stand-in of an external service that the tests on LXD use. */
const openStandIn = () =>
  openProcess(({ port }) => {
    const main = join(import.meta.dirname, "../support/policy/main.ts");
    return spawn(process.execPath, [main, HOST, String(port), CHARM_TOKEN], { stdio: "ignore" });
  });

policyProtocolContract("builtin", openBuiltin);
repositoryPolicyContract("builtin", openBuiltin);
policyProtocolContract("stand-in of an external one", openStandIn);

/**
 * A real external service. The shell command starts it on loopback, at the port `PORT`, with the token `CHARM_TOKEN`; it
 * asks GitHub at `GITHUB_API_URL` with `GITHUB_TOKEN`.
 */
const command = process.env["EXTERNAL_POLICY_COMMAND"];
if (command !== undefined) {
  const openExternal = () =>
    openProcess(({ port, api }) =>
      spawn("sh", ["-c", `exec ${command}`], {
        stdio: ["ignore", "ignore", "ignore"],
        env: {
          ...process.env,
          PORT: String(port),
          CHARM_TOKEN,
          GITHUB_API_URL: api,
          GITHUB_TOKEN: STANDARD_TOKEN,
        },
      }),
    );
  policyProtocolContract("external", openExternal);
  repositoryPolicyContract("external", openExternal);
}

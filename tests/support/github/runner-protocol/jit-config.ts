import { randomBytes } from "node:crypto";
import type { RunnerRecord } from "../state/runner-record.ts";

/** The files that make a runner application a configured one, by name. */
export type RunnerFiles = Readonly<Record<".runner" | ".credentials" | ".credentials_rsaparams", string>>;

/** GitHub's `encoded_jit_config`: base64 of an object from file name to the file in base64. */
export function encodeJITConfig(runner: RunnerRecord, origin: string): string {
  const files = Object.entries(runnerFiles(runner, origin));
  const encoded = files.map(([name, content]) => [name, Buffer.from(content).toString("base64")] as const);
  return Buffer.from(JSON.stringify(Object.fromEntries(encoded))).toString("base64");
}

/**
 * The files in the shape of GitHub's. The key is none: its `d` is a random proof that the stand-in knows again, since
 * the stand-in's application has no RSA.
 */
export function runnerFiles(runner: RunnerRecord, origin: string): RunnerFiles {
  const service = `${origin}/_services/runner/`;
  const settings = {
    AgentId: String(runner.id),
    AgentName: runner.name,
    PoolId: "1",
    PoolName: "Default",
    DisableUpdate: "False",
    Ephemeral: runner.ephemeral ? "True" : "False",
    ServerUrl: service,
    ServerUrlV2: service,
    UseV2Flow: "True",
    UseRunnerAdminFlow: "False",
    GitHubUrl: "",
    WorkFolder: runner.workFolder,
    ...(runner.fault === undefined ? {} : { StandInFault: runner.fault }),
  };
  const credentials = {
    Scheme: "OAuth",
    Data: {
      clientId: `stand-in-${runner.id}`,
      authorizationUrl: `${service}oauth2/token`,
      requireFipsCryptography: "True",
    },
  };
  const noise = (bytes: number) => randomBytes(bytes).toString("base64");
  const key = {
    d: runner.proof,
    dp: noise(128),
    dq: noise(128),
    exponent: "AQAB",
    inverseQ: noise(128),
    modulus: noise(256),
    p: noise(128),
    q: noise(128),
  };
  return {
    ".runner": JSON.stringify(settings),
    ".credentials": JSON.stringify(credentials),
    ".credentials_rsaparams": JSON.stringify(key),
  };
}

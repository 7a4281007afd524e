import { join } from "node:path";
import { type Logger, type Redactor, silentLogger } from "charm-kit";
import { RepositoryChecks } from "../compliance/repository-checks.ts";
import { createRepositoryReader, openDispatcher } from "../github/index.ts";
import { trustCertificates } from "../network/system-certificates.ts";
import { ExternalPolicy } from "../policy/external-policy.ts";
import { OneTimeTokens } from "../policy/one-time-tokens.ts";
import type { PolicyService } from "../runners/ports.ts";
import { BuiltinPolicy } from "./builtin-policy.ts";
import type { Configuration } from "./configuration.ts";
import { openUnit } from "./open-unit.ts";
import { openRateLimits } from "./rate-limits.ts";
import { serviceSocket } from "./service-paths.ts";
import type { Setup } from "./setup.ts";
import type { Telemetry } from "./telemetry.ts";
import type { UnitIdentity, UnitSystem } from "./unit-system.ts";
import { recordDirectory } from "./unit-records.ts";
import type { UnitOnMachine } from "./unit-slug.ts";

/** Opens whoever gives tokens for the checks of runners; undefined where nobody checks repositories. */
export function openPolicy({ policy }: Configuration, unit: UnitOnMachine): PolicyService | undefined {
  const { clock } = unit.system;
  switch (policy.by) {
    case "nobody":
      return undefined;
    case "charm":
      return new BuiltinPolicy({ socket: serviceSocket(unit), clock });
    case "service":
      return new ExternalPolicy({ url: policy.url, token: policy.token, clock });
  }
}

/** The tokens of a unit's built-in policy. @param slug the unit's name in other names */
export function openOneTimeTokens({ clock, dataRoot }: UnitSystem, slug: string): OneTimeTokens {
  return new OneTimeTokens(join(dataRoot, slug, "policy-tokens"), clock);
}

/** The machine's address on the bridge of the unit's runners; undefined without a bridge. */
export async function readGateway(
  unit: UnitIdentity & { readonly system: UnitSystem },
  signal: AbortSignal,
): Promise<string | undefined> {
  const context = { ...unit, dispatchCommand: () => Promise.resolve(undefined), log: silentLogger };
  const opened = openUnit(context);
  try {
    return await opened.infrastructure.gateway(signal);
  } finally {
    await opened.close();
  }
}

/** Decides about repositories, until it is closed. */
export interface OpenChecks {
  readonly checks: RepositoryChecks;
  close(): Promise<void>;
}

/** Opens the built-in policy's check, with the unit's credentials and rate limits. */
export function openChecks(
  { configuration, credentials }: Setup,
  {
    log,
    redactor,
    telemetry,
    ...unit
  }: UnitOnMachine & { readonly log: Logger; readonly redactor: Redactor; readonly telemetry: Telemetry },
): OpenChecks {
  const { path, githubUrl, caCertificate, proxy } = configuration;
  trustCertificates(caCertificate);
  const way = openDispatcher(proxy);
  const reader = createRepositoryReader({
    path,
    githubUrl,
    credentials,
    log,
    redactor,
    clock: unit.system.clock,
    dispatcher: way.dispatcher,
    rateLimitStore: openRateLimits(recordDirectory(unit), { githubUrl, credentials }, log),
    // A job waits at most a minute for the whole check.
    deadlineMs: 20_000,
    onAnswer: (answered) => {
      telemetry.onGithubAnswer(answered);
    },
  });
  return { checks: new RepositoryChecks({ reader, log }), close: () => way.close() };
}

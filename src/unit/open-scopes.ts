import { join } from "node:path";
import type { Credentials } from "../github/credentials.ts";
import {
  createGithubClient,
  type GithubForge,
  githubPathText,
  type OwnDispatcher,
  parseGithubPath,
  type ScaleSetLedger,
} from "../github/index.ts";
import { ScopeRecord, type ScopeCredentials } from "../host/scope-record.ts";
import { messageOf, Secret, type Logger, type Redactor } from "charm-kit";
import type { UnitSystem } from "./unit-system.ts";
import { openRateLimits } from "./rate-limits.ts";
import { recordDirectory } from "./unit-records.ts";
import type { ForgeConfiguration } from "./configuration.ts";
import { UnitScopes, type RegistrationScope } from "./unit-scopes.ts";

/** A former GitHub may be gone for good, and reconciles ask it. */
const FORMER_DEADLINE_MS = 5000;

/** The unit whose registration scopes are opened. */
export interface ScopesContext {
  readonly system: UnitSystem;
  readonly unitName: string;
  readonly deployment: string;
  readonly log: Logger;
  readonly redactor: Redactor;
  /** The way of all requests. */
  readonly dispatcher: OwnDispatcher["dispatcher"];
  /** The scale sets that the unit has had. */
  readonly scaleSetLedger: ScaleSetLedger;
}

/** The present configuration, with its credentials. */
export interface ScopesSetup {
  readonly configuration: ForgeConfiguration;
  readonly credentials: Credentials;
}

/**
 * @param setup undefined while the configuration is invalid; all recorded scopes are former ones then.
 * @param isLastChance whether no later process asks former scopes again.
 */
export function openScopes(
  setup: ScopesSetup | undefined,
  context: ScopesContext,
  isLastChance = false,
): UnitScopes {
  const { log, scaleSetLedger, system } = context;
  // With a fixed number of runners, jobs of a scale set get none.
  const hasScaleSets = setup === undefined || setup.configuration.scaling !== undefined;
  return new UnitScopes({
    record: new ScopeRecord(join(recordDirectory(context), "places.json"), log),
    present: setup && scopeOf(setup),
    clock: system.clock,
    log,
    isLastChance,
    scaleSets: hasScaleSets ? scaleSetLedger : undefined,
    openForge: (scope) => {
      try {
        return openFormerForge(scope, context);
      } catch (thrown) {
        log.warning("Ignoring a former registration scope", {
          path: scope.path,
          reason: messageOf(thrown),
        });
        return undefined;
      }
    },
  });
}

function scopeOf({ configuration: { githubUrl, path }, credentials }: ScopesSetup): RegistrationScope {
  return { githubUrl, path: githubPathText(path), credentials: pack(credentials) };
}

/** A client for a former scope, which lists and deletes, and registers runners for jobs of scale sets there alone. */
function openFormerForge(
  { githubUrl, path, credentials }: RegistrationScope,
  context: ScopesContext,
): GithubForge {
  const { dispatcher, log, redactor, scaleSetLedger, system } = context;
  const unpacked = unpack(credentials);
  redactor.add((unpacked.by === "token" ? unpacked.token : unpacked.privateKey).reveal());
  return createGithubClient({
    path: parseGithubPath(path),
    githubUrl,
    credentials: unpacked,
    log,
    redactor,
    rateLimitStore: openRateLimits(recordDirectory(context), { githubUrl, credentials: unpacked }, log),
    deadlineMs: FORMER_DEADLINE_MS,
    clock: system.clock,
    dispatcher,
    leftScaleSets: scaleSetLedger,
  });
}

function pack(credentials: Credentials): ScopeCredentials {
  if (credentials.by === "token") return { token: credentials.token.reveal() };
  const { clientId, installationId, privateKey } = credentials;
  return { clientId, installationId, privateKey: privateKey.reveal() };
}

function unpack(stored: ScopeCredentials): Credentials {
  if ("token" in stored) return { by: "token", token: new Secret(stored.token) };
  const { clientId, installationId, privateKey } = stored;
  return { by: "app", clientId, installationId, privateKey: new Secret(privateKey) };
}

import type { Dispatcher } from "undici";
import { Secret, systemClock, type Clock, type Logger, type Redactor } from "charm-kit";
import { apiBaseUrl } from "./api-base-url.ts";
import { AppTokens, type AppTokensDependencies } from "./app-tokens.ts";
import type { Credentials } from "./credentials.ts";
import type { EtagStore } from "./etag-store.ts";
import { GithubApi, type TokenSource } from "./github-api.ts";
import { GithubForge, type GithubForgeDependencies } from "./github-forge.ts";
import { JobLookup } from "./job-lookup.ts";
import { observedTransport, type GithubAnswered } from "./observed-transport.ts";
import { createOctokitTransport } from "./octokit-transport.ts";
import { ScaleSetClient, type ScaleSetClientOptions } from "scale-set-client";
import { QueuedJobs } from "./queued-jobs.ts";
import { githubPathText, type GithubPath } from "./path.ts";
import { gatedTransport, type RateLimitStore } from "./rate-gate.ts";
import { retryingTransport } from "./retrying-transport.ts";
import { RunnerGroups } from "./runner-groups.ts";
import { RunnerList } from "./runner-list.ts";
import { GithubRepositoryReader } from "./github-repository-reader.ts";
import { RepositoriesOfPath } from "./repositories-of-path.ts";
import type { RepositoryReader } from "../compliance/ports.ts";
import { LeftScaleSets } from "./left-scale-sets.ts";
import type { ScaleSetLedger } from "./scale-set-ledger.ts";
import { scopeOf, type AppPermissions } from "./scope.ts";
import { UnitScaleSet, type ScaleSetSettings } from "./unit-scale-set.ts";
import { TokenRegistration } from "./token-registration.ts";
import { TokenBucket, type WriteRate } from "./token-bucket.ts";

export interface GithubClientOptions {
  readonly path: GithubPath;
  /** Address of the web site, such as `https://github.com`. */
  readonly githubUrl: string;
  /** A personal access token, a GitHub App, or another source of tokens. */
  readonly credentials: Credentials | TokenSource;
  /** Runner group of new runners; ignored for a repository. @default "default" */
  readonly group?: string;
  /** New runners are those of a scale set. @default runners of none */
  readonly scaleSet?: ScaleSetSettings | undefined;
  /** Remembers the unit's scale sets. @default nothing is remembered */
  readonly scaleSetLedger?: ScaleSetLedger | undefined;
  /** The unit has left the path: new runners are for jobs of scale sets that this knows. @default it has not */
  readonly leftScaleSets?: ScaleSetLedger | undefined;
  /** Without `scaleSet`: the scale sets that the unit had on the path before. @default there is none to know of */
  readonly unusedScaleSets?: ScaleSetLedger | undefined;
  readonly log: Logger;
  /** Hides secrets of GitHub in output. @default none */
  readonly redactor?: Redactor;
  /** Stores pages for the next process. @default none */
  readonly etagStore?: EtagStore;
  /** Keeps the rate limit of these credentials for the next process. @default none */
  readonly rateLimitStore?: RateLimitStore;
  /** Undici's dispatcher for all requests, such as a proxy. @default directly to the server */
  readonly dispatcher?: Dispatcher;
  /** Told of each request, such as for metrics. @default nobody is told */
  readonly onAnswer?: ((answered: GithubAnswered) => void) | undefined;
  /** @default the system's clock */
  readonly clock?: Clock;
  /** Deadline of a request with its retries and pauses, in milliseconds. @default 30000 */
  readonly deadlineMs?: number;
  /** Longest pause within a request, in seconds; where GitHub asks for a longer one, the request fails. @default 5 */
  readonly patienceSeconds?: number;
  /** Maximum rate of writes. @default a burst of 50, then 2 per second */
  readonly writeRate?: WriteRate;
  /** Length of a second in pauses between attempts, in milliseconds; for tests. @default 1000 */
  readonly secondMs?: number;
}

/** How long a token of the Actions service is kept out of texts that does not say when it ends. */
const LONGEST_TOKEN_MS = 24 * 60 * 60_000;
/** Stays below 180 writes per minute, GitHub's secondary limit. */
const WRITE_RATE: WriteRate = { burst: 50, perSecond: 2 };

/**
 * Makes a client for the runners of one path. Sends nothing before the first call of a method.
 *
 * @throws `GithubUrlError` for an invalid GitHub URL.
 */
export function createGithubClient(options: GithubClientOptions): GithubForge {
  const { path, log, redactor, clock = systemClock } = options;
  const { api, source } = openApi(options, scopeOf(path).appPermissions);
  const list = new RunnerList(api, options.etagStore, log);
  const groups = new RunnerGroups(api, options.group ?? "default");
  const tokens = new TokenRegistration({ api, list, groups, redactor, clock, log });
  const scaleSets = openScaleSets({ ...options, clock, groups, source });
  const jobs = new JobLookup(api, path);
  const queue = new QueuedJobs({ api, path, groups, repositories: new RepositoriesOfPath(api, path) });
  return new GithubForge({ api, list, groups, tokens, jobs, queue, ...scaleSets, redactor, clock, log });
}

/** The permissions of a GitHub App that the built-in policy's check needs, and no others. */
const CHECK_PERMISSIONS: AppPermissions = {
  administration: "read",
  contents: "read",
  metadata: "read",
  pull_requests: "read",
};

/** The permissions for the check, for the message "The token needs ...". */
const CHECK_PERMISSION =
  "the scope 'repo' and an administrator of the repository, or the permissions 'administration: read', 'contents: read' and 'pull_requests: read' of the repository";

/**
 * Makes a client that reads the settings of the repositories of one path, for the built-in policy's check. Sends nothing
 * before the first call of a method.
 *
 * @throws `GithubUrlError` for an invalid GitHub URL.
 */
export function createRepositoryReader(
  options: Omit<GithubClientOptions, "group" | "scaleSet" | "etagStore" | "writeRate">,
): RepositoryReader {
  const { api } = openApi(options, [CHECK_PERMISSIONS], CHECK_PERMISSION);
  return new GithubRepositoryReader(api, new RepositoriesOfPath(api, options.path));
}

/** Requests of one path, with the rate limits and retries that all requests of a unit share. */
function openApi(
  options: GithubClientOptions,
  appPermissions: readonly AppPermissions[],
  permission?: string,
): { readonly api: GithubApi; readonly source: TokenSource } {
  const { path, credentials, dispatcher, log, onAnswer, redactor, clock = systemClock } = options;
  const baseUrl = apiBaseUrl(options.githubUrl);
  const octokit = createOctokitTransport({ baseUrl, dispatcher, log });
  const observed = onAnswer ? observedTransport(octokit, clock, onAnswer) : octokit;
  const transport = retryingTransport(gatedTransport(observed, clock, options.rateLimitStore), {
    patienceSeconds: options.patienceSeconds ?? 5,
    secondMs: options.secondMs ?? 1000,
    clock,
  });
  const source = tokenSource(credentials, { permissions: appPermissions, transport, clock, redactor });
  const api = new GithubApi({
    transport,
    tokens: source,
    path,
    permission,
    baseUrl,
    writes: new TokenBucket(options.writeRate ?? WRITE_RATE, clock),
    clock,
    deadlineMs: options.deadlineMs ?? 30_000,
  });
  return { api, source };
}

function openScaleSets({
  clock,
  dispatcher,
  githubUrl,
  groups,
  log,
  path,
  redactor,
  scaleSet: settings,
  scaleSetLedger,
  leftScaleSets: left,
  unusedScaleSets: unused,
  source,
}: GithubClientOptions & {
  readonly clock: Clock;
  readonly groups: RunnerGroups;
  readonly source: TokenSource;
}): Pick<GithubForgeDependencies, "leftScaleSets" | "scaleSet" | "unusedScaleSets"> {
  if (settings === undefined && left === undefined && unused === undefined) return {};
  const scope = `${githubUrl}/${githubPathText(path)}`;
  const client = new ScaleSetClient({
    url: scope,
    ...tokensOf(source),
    onToken: (token, expiresAt = clock.now() + LONGEST_TOKEN_MS) => redactor?.add(token, expiresAt),
    system: { system: "github-runner-charm", subsystem: "runner-service" },
    clock,
    ...(dispatcher && { dispatcher }),
  });
  const context = {
    path: githubPathText(path),
    permission: scopeOf(path).permission,
    now: () => clock.now(),
    scrub: (text: string) => redactor?.scrub(text) ?? text,
  };
  const groupId = (signal: AbortSignal) => groups.id(signal);
  if (left) return { leftScaleSets: new LeftScaleSets({ client, context, scope, log, ledger: left }) };
  if (settings === undefined)
    return unused
      ? { unusedScaleSets: new LeftScaleSets({ client, context, scope, log, ledger: unused }) }
      : {};
  const ledger = scaleSetLedger;
  return { scaleSet: new UnitScaleSet({ client, settings, groupId, context, scope, ledger, log }) };
}

/** The tokens of a source as the scale set client asks for them. */
function tokensOf(source: TokenSource): Pick<ScaleSetClientOptions, "renewToken" | "token"> {
  let given: Secret | undefined;
  const give = (token: Secret): string => (given = token).reveal();
  return {
    token: async (signal) => give(await source.token(signal)),
    ...(source.renew && {
      renewToken: async (refused, signal) => {
        const token = given?.reveal() === refused ? given : new Secret(refused);
        return give((await source.renew?.(token, signal)) ?? token);
      },
    }),
  };
}

function tokenSource(
  credentials: Credentials | TokenSource,
  dependencies: Omit<AppTokensDependencies, "app">,
): TokenSource {
  if (!("by" in credentials)) return credentials;
  if (credentials.by === "token") return { token: () => Promise.resolve(credentials.token) };
  return new AppTokens({ ...dependencies, app: credentials });
}

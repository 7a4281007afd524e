import { randomUUID } from "node:crypto";
import type { StrategyOptions } from "@octokit/auth-app";
import { Secret, isRecent, withoutAction, type Clock, type Redactor } from "charm-kit";
import { appJwt } from "./app-jwt.ts";
import type { Credentials } from "./credentials.ts";
import { AppRefusedError, type GithubError } from "./errors.ts";
import type { TokenSource } from "./github-api.ts";
import type { AppPermissions } from "./scope.ts";
import { SharedWork } from "./shared-work.ts";
import { toGithubError } from "./translate-error.ts";
import type { Transport } from "./transport.ts";

/** Credentials of a GitHub App. */
export type AppCredentials = Extract<Credentials, { by: "app" }>;

export interface AppTokensDependencies {
  readonly app: AppCredentials;
  /** Permissions of the tokens: the first of these sets that the installation has. */
  readonly permissions: readonly AppPermissions[];
  readonly transport: Transport;
  readonly clock: Clock;
  /** Hides the tokens in output. */
  readonly redactor: Redactor | undefined;
}

interface InstallationToken {
  readonly token: Secret;
  /** Milliseconds since the Unix epoch. */
  readonly madeAt: number;
  /** Milliseconds since the Unix epoch. */
  readonly endsAt: number;
}

/** A token is renewed this long before its expiry, so that none expires during a request. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** For this time after its creation, GitHub may not know a token yet. */
const REPLICATION_MS = 5000;
const REPLICATION_PAUSE_MS = 1000;
const ACTION = "get a token for the GitHub App";

/**
 * Tokens of a GitHub App's installation. Each is valid for an hour and has only the permissions for runners, even if the
 * App has more.
 */
export class AppTokens implements TokenSource {
  readonly #dependencies: AppTokensDependencies;
  #current: InstallationToken | undefined;
  readonly #making = new SharedWork<InstallationToken>();

  constructor(dependencies: AppTokensDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * The present token; a new one when it is about to expire.
   *
   * @throws {@link AppRefusedError} when GitHub issues none to this App, and the other errors of GitHub.
   */
  async token(signal: AbortSignal): Promise<Secret> {
    const current = this.#current;
    if (current && this.#dependencies.clock.now() < current.endsAt - RENEW_BEFORE_MS) return current.token;
    return (await this.#make(signal)).token;
  }

  /** Another token than the refused one. A token that is so new that GitHub may not know it yet is tried again a little later. */
  async renew(refused: Secret, signal: AbortSignal): Promise<Secret> {
    const current = this.#current;
    if (current && current.token !== refused) return current.token;
    const now = this.#dependencies.clock.now();
    if (current && isRecent(current.madeAt, { now, withinMs: REPLICATION_MS })) {
      await this.#dependencies.clock.wait(REPLICATION_PAUSE_MS, signal);
      return current.token;
    }
    return (await this.#make(signal)).token;
  }

  async #make(signal: AbortSignal): Promise<InstallationToken> {
    this.#current = await this.#making.run((shared) => this.#ask(shared), signal);
    return this.#current;
  }

  async #ask(signal: AbortSignal): Promise<InstallationToken> {
    const [wanted, ...lesser] = this.#dependencies.permissions;
    let refusal: unknown;
    for (const permissions of [wanted ?? {}, ...lesser]) {
      try {
        return await this.#askFor(permissions, signal);
      } catch (thrown) {
        signal.throwIfAborted();
        refusal = this.#translate(thrown, permissions);
        // The installation lacks a permission: try a smaller set.
        if (!(refusal instanceof AppRefusedError) || refusal.status !== 422) throw refusal;
      }
    }
    throw refusal;
  }

  async #askFor(permissions: AppPermissions, signal: AbortSignal): Promise<InstallationToken> {
    const { app, clock, redactor, transport } = this.#dependencies;
    const { createAppAuth } = await import("@octokit/auth-app");
    // A second token does no harm.
    const request = (
      route: string,
      { headers, ...parameters }: Record<string, unknown> & { readonly headers: Record<string, string> },
    ) => transport({ route, parameters, headers, isRepeatable: true }, signal);
    const auth = createAppAuth({
      appId: app.clientId,
      installationId: app.installationId,
      createJwt: (issuer) => {
        const { jwt, endsAt } = appJwt(app.privateKey, {
          issuer: String(issuer),
          now: clock.now(),
          nonce: randomUUID(),
        });
        redactor?.add(jwt, endsAt);
        return Promise.resolve({ jwt, expiresAt: new Date(endsAt).toISOString() });
      },
      // The library calls it with a route and its parameters only.
      request: request as unknown as NonNullable<StrategyOptions["request"]>,
      log: { warn: () => undefined },
    });
    const madeAt = clock.now();
    const { token, expiresAt } = await auth({ type: "installation", permissions, refresh: true });
    const endsAt = Date.parse(expiresAt);
    redactor?.add(token, Number.isNaN(endsAt) ? undefined : endsAt);
    return { token: new Secret(token), madeAt, endsAt };
  }

  #translate(thrown: unknown, permissions: AppPermissions): GithubError {
    const { app, clock } = this.#dependencies;
    const error = toGithubError(thrown, {
      action: ACTION,
      path: app.clientId,
      permission: describePermissions(permissions),
      now: clock.now(),
      scrub: (text) => this.#dependencies.redactor?.scrub(text) ?? text,
    });
    const state = describeRefusal(error, app, permissions);
    return state === undefined ? error : new AppRefusedError(ACTION, state, error);
  }
}

function describePermissions(permissions: AppPermissions): string {
  return Object.entries(permissions)
    .map(([name, access]) => `'${name}: ${access}'`)
    .join(" and ");
}

/** Meaning of a refusal for an App; undefined for other errors. */
function describeRefusal(
  { code, status, message }: GithubError,
  app: AppCredentials,
  permissions: AppPermissions,
): string | undefined {
  if (code === "github-rate-limit") return undefined;
  const detail = withoutAction(message).replace(/;.*$/, "");
  const meanings: Readonly<Record<number, string>> = {
    401: "GitHub does not accept its signature; check that github-app-client-id and the private key belong together, and the machine's clock",
    403: `GitHub refuses it, ${detail}; check the App's installation`,
    404: `it has no installation ${app.installationId}; set github-app-installation-id to an existing one`,
    422: `its installation lacks ${describePermissions(permissions)}; add it to the App, and accept it for the installation`,
  };
  return status === undefined ? undefined : meanings[status];
}

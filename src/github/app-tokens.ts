import { randomUUID } from "node:crypto";
import type { StrategyOptions } from "@octokit/auth-app";
import { Secret, type Clock, type Redactor } from "charm-kit";
import { appJwt } from "./app-jwt.ts";
import type { Credentials } from "./credentials.ts";
import { AppRefusedError, type GithubError } from "./errors.ts";
import type { TokenSource } from "./github-api.ts";
import type { AppPermissions } from "./scope.ts";
import { SharedWork } from "./shared-work.ts";
import { toGithubError } from "./translate-error.ts";
import type { Transport } from "./transport.ts";

/** A GitHub App, as credentials name it. */
export type AppCredentials = Extract<Credentials, { by: "app" }>;

/** What {@link AppTokens} is made of. */
export interface AppTokensDependencies {
  readonly app: AppCredentials;
  /** What tokens can do at most; of several the first that the installation was granted. */
  readonly permissions: readonly AppPermissions[];
  readonly transport: Transport;
  readonly clock: Clock;
  /** Learns the tokens. */
  readonly redactor: Redactor | undefined;
}

interface InstallationToken {
  readonly token: Secret;
  /** Milliseconds since the Unix epoch. */
  readonly madeAt: number;
  /** Milliseconds since the Unix epoch. */
  readonly endsAt: number;
}

/** A token is renewed this long before its end, so that no request leaves with one that ends on the way. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** Within this time of its making GitHub may not know a token yet. */
const REPLICATION_MS = 5000;
const REPLICATION_PAUSE_MS = 1000;
const ACTION = "get a token for the GitHub App";

/**
 * Tokens of a GitHub App's installation. Each lives an hour and can do no more than runners need, whatever else the App
 * may do.
 */
export class AppTokens implements TokenSource {
  readonly #dependencies: AppTokensDependencies;
  #current: InstallationToken | undefined;
  readonly #making = new SharedWork<InstallationToken>();

  constructor(dependencies: AppTokensDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * The token of this time; a new one when the last is about to end.
   *
   * @throws {@link AppRefusedError} when GitHub gives none to this App, and what else can go wrong with GitHub.
   */
  async token(signal: AbortSignal): Promise<Secret> {
    const current = this.#current;
    if (current && this.#dependencies.clock.now() < current.endsAt - RENEW_BEFORE_MS) return current.token;
    return (await this.#make(signal)).token;
  }

  /** Another token than the refused one, or the same a little later when it is so new that GitHub may not know it yet. */
  async renew(refused: Secret, signal: AbortSignal): Promise<Secret> {
    const current = this.#current;
    if (current && current.token !== refused) return current.token;
    if (current && this.#dependencies.clock.now() - current.madeAt < REPLICATION_MS) {
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
        // Not granted; less may be.
        if (!(refusal instanceof AppRefusedError) || refusal.status !== 422) throw refusal;
      }
    }
    throw refusal;
  }

  async #askFor(permissions: AppPermissions, signal: AbortSignal): Promise<InstallationToken> {
    const { app, clock, redactor, transport } = this.#dependencies;
    const { createAppAuth } = await import("@octokit/auth-app");
    // One more token does no harm.
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
        redactor?.add(jwt);
        return Promise.resolve({ jwt, expiresAt: new Date(endsAt).toISOString() });
      },
      // It is called with a route and its parameters only.
      request: request as unknown as NonNullable<StrategyOptions["request"]>,
      log: { warn: () => undefined },
    });
    const madeAt = clock.now();
    const { token, expiresAt } = await auth({ type: "installation", permissions, refresh: true });
    redactor?.add(token);
    return { token: new Secret(token), madeAt, endsAt: Date.parse(expiresAt) };
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

/** What a refusal means for an App; undefined for what is no refusal. */
function describeRefusal(
  { code, status, message }: GithubError,
  app: AppCredentials,
  permissions: AppPermissions,
): string | undefined {
  if (code === "github-rate-limit") return undefined;
  const detail = message.replace(/^Cannot [^:]*: /, "").replace(/;.*$/, "");
  const meanings: Readonly<Record<number, string>> = {
    401: "GitHub does not know its signature; check that github-app-client-id and the private key belong together, and the machine's clock",
    403: `GitHub refuses it, ${detail}; look at the App's installation`,
    404: `it has no installation ${app.installationId}; set github-app-installation-id to one that it has`,
    422: `its installation lacks ${describePermissions(permissions)}; give the App this, and accept it for the installation`,
  };
  return status === undefined ? undefined : meanings[status];
}

import { orAborted, withDeadline, type Clock } from "charm-kit";
import { ScaleSetAnswerError, ScaleSetRefusedError } from "./errors.ts";
import type { ScopeUrl } from "./scope-url.ts";
import { fieldsOf } from "./shapes.ts";
import { expiryOf, isEnding } from "./token-expiry.ts";
import type { Reply, Request, Transport } from "./transport.ts";

/** Gives a token for GitHub's REST API: a personal access token, or one of an installation of a GitHub App. */
export type TokenSource = (signal: AbortSignal) => Promise<string>;

/** Gives another token than one that GitHub has refused with 401, for example since it was revoked before its time. */
export type TokenRenewal = (refused: string, signal: AbortSignal) => Promise<string>;

/**
 * Told of each token that GitHub gives, before it is used.
 *
 * @param expiresAt milliseconds since the Unix epoch; undefined when the token does not say.
 */
export type TokenListener = (token: string, expiresAt: number | undefined) => void;

interface Admin {
  /** Of the Actions service of the scope. */
  readonly url: string;
  readonly token: string;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number | undefined;
}

/** A call of the Actions service. */
export type ServiceCall = Omit<Request, "url" | "headers"> & {
  /** Below the service's address, without a slash at its start. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Instead of the administrator's token. */
  readonly token?: string;
};

export interface AdminConnectionDependencies {
  readonly scope: ScopeUrl;
  readonly token: TokenSource;
  /** @default a refused token is an error */
  readonly renewToken?: TokenRenewal | undefined;
  readonly onToken: TokenListener;
  /** Longest time that it may take, in milliseconds. */
  readonly tokenMs: number;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly userAgent: () => string;
}

const API_VERSION = "6.0-preview";

/**
 * The way to the Actions service of a scope: an administrator's token, got for a registration token, and got anew before
 * it ends or when GitHub no longer takes it.
 */
export class AdminConnection {
  readonly #dependencies: AdminConnectionDependencies;
  #admin: Admin | undefined;
  #opening: Promise<Admin> | undefined;

  constructor(dependencies: AdminConnectionDependencies) {
    this.#dependencies = dependencies;
  }

  /** Calls the Actions service. */
  async call(call: ServiceCall, signal: AbortSignal): Promise<Reply> {
    const admin = await this.#current(signal);
    try {
      return await this.#send(admin, call, signal);
    } catch (thrown) {
      const isRefused = thrown instanceof ScaleSetRefusedError && thrown.status === 401;
      if (!isRefused || call.token !== undefined) throw thrown;
      // Another call may have got a token already.
      if (this.#admin === admin) this.#admin = undefined;
      return this.#send(await this.#current(signal), call, signal);
    }
  }

  #send(
    admin: Admin,
    { path, query = {}, token = admin.token, ...call }: ServiceCall,
    signal: AbortSignal,
  ): Promise<Reply> {
    const url = new URL(`${admin.url.replace(/\/+$/, "")}/${path}`);
    for (const [name, value] of Object.entries({ ...query, "api-version": API_VERSION }))
      url.searchParams.set(name, value);
    return this.#dependencies.transport.send(
      { ...call, url, headers: this.#headers(`Bearer ${token}`) },
      signal,
    );
  }

  #headers(authorization: string): Readonly<Record<string, string>> {
    return {
      authorization,
      "content-type": "application/json",
      "user-agent": this.#dependencies.userAgent(),
    };
  }

  async #current(signal: AbortSignal): Promise<Admin> {
    const { clock } = this.#dependencies;
    if (this.#admin !== undefined && !isEnding(this.#admin.expiresAt, clock.now())) return this.#admin;
    // One for all calls that come meanwhile, so that the signal of none of them ends it.
    this.#opening ??= this.#open(new AbortController().signal).finally(() => (this.#opening = undefined));
    return (this.#admin = await orAborted(this.#opening, signal));
  }

  async #open(signal: AbortSignal): Promise<Admin> {
    const registration = await this.#registrationToken(signal);
    const { onToken, scope, transport } = this.#dependencies;
    const action = "open the connection to GitHub's Actions service";
    const { value } = await transport.send(
      {
        action,
        method: "POST",
        url: new URL(`${scope.apiUrl}/actions/runner-registration`),
        headers: this.#headers(`RemoteAuth ${registration}`),
        body: { url: scope.url, runner_event: "register" },
        isRepeatable: true,
        // A token of a moment ago is not known everywhere yet.
        retryStatuses: [401, 403],
      },
      signal,
    );
    const fields = fieldsOf(value);
    const url = fields?.text("url");
    const token = fields?.text("token");
    if (url === undefined || URL.parse(url) === null)
      throw new ScaleSetAnswerError(action, "names no address of the service");
    if (token === undefined || token === "") throw new ScaleSetAnswerError(action, "holds no token");
    const expiresAt = expiryOf(token);
    onToken(token, expiresAt);
    return { url, token, expiresAt };
  }

  async #registrationToken(signal: AbortSignal): Promise<string> {
    const { renewToken, token, tokenMs } = this.#dependencies;
    const action = "get a token for GitHub";
    const first = await withDeadline(action, tokenMs, signal, token);
    try {
      return await this.#registrationTokenFor(first, signal);
    } catch (thrown) {
      const isRefused = thrown instanceof ScaleSetRefusedError && thrown.status === 401;
      if (!isRefused || renewToken === undefined) throw thrown;
      const renewed = (limited: AbortSignal) => renewToken(first, limited);
      return this.#registrationTokenFor(await withDeadline(action, tokenMs, signal, renewed), signal);
    }
  }

  async #registrationTokenFor(token: string, signal: AbortSignal): Promise<string> {
    const { onToken, scope, transport, userAgent } = this.#dependencies;
    const action = "get a registration token";
    const { value } = await transport.send(
      {
        action,
        method: "POST",
        url: new URL(`${scope.apiUrl}${scope.path}/actions/runners/registration-token`),
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": "application/vnd.github.v3+json",
          "user-agent": userAgent(),
        },
        // More tokens than are used do no harm.
        isRepeatable: true,
      },
      signal,
    );
    const fields = fieldsOf(value);
    const registration = fields?.text("token");
    if (registration === undefined || registration === "")
      throw new ScaleSetAnswerError(action, "holds no token");
    const expiresAt = Date.parse(fields?.text("expires_at") ?? "");
    onToken(registration, Number.isNaN(expiresAt) ? undefined : expiresAt);
    return registration;
  }
}

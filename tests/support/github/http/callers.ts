import { createPublicKey, randomBytes, verify } from "node:crypto";
import type { Permission } from "../routes/route.ts";
import type { VirtualClock } from "../state/virtual-clock.ts";
import { RunnerTokens } from "./runner-tokens.ts";

const HOUR_MS = 3_600_000;

/** A personal access token. */
export interface PersonalToken {
  readonly token: string;
  /** Scopes of a classic token. @default all that runners need */
  readonly scopes?: readonly string[];
}

/** A GitHub App with one installation. */
export interface App {
  readonly clientId: string;
  readonly installationId: number;
  readonly publicKey: string;
  /** Of the installation, such as `{ administration: "write" }`. */
  readonly permissions: Readonly<Record<string, string>>;
}

/** Who calls: by a classic token with scopes, by an installation's token with permissions, or as an app itself. */
export interface Caller {
  readonly token: string;
  readonly scopes: readonly string[] | undefined;
  readonly permissions: Readonly<Record<string, string>> | undefined;
  readonly app: App | undefined;
}

/** The token that is there from the start. */
export const STANDARD_TOKEN = "ghp_StandInTokenOfTheOperator000000000000";
const ALL_SCOPES = ["repo", "admin:org", "manage_runners:enterprise"];

/** Everybody whom the stand-in knows. */
export class CallerDirectory {
  readonly runnerTokens: RunnerTokens;
  /** Life of the next tokens of installations, in milliseconds. */
  installationTokenMs = HOUR_MS;
  readonly #clock: VirtualClock;
  readonly #callers = new Map<string, Caller & { readonly expiresAtMs: number }>();
  readonly #apps = new Map<string, App>();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
    this.runnerTokens = new RunnerTokens(clock);
    this.addToken({ token: STANDARD_TOKEN });
  }

  addToken({ token, scopes = ALL_SCOPES }: PersonalToken): void {
    this.#callers.set(token, {
      token,
      scopes,
      permissions: undefined,
      app: undefined,
      expiresAtMs: Infinity,
    });
  }

  /** From now on the token is nobody's. */
  revokeToken(token: string): void {
    this.#callers.delete(token);
  }

  addApp(app: App): void {
    this.#apps.set(app.clientId, app);
  }

  /** From now on no token of an app's installation is taken; its key gives others. */
  revokeInstallationTokens(): void {
    for (const [token, { permissions }] of this.#callers) if (permissions) this.#callers.delete(token);
  }

  reset(): void {
    this.installationTokenMs = HOUR_MS;
  }

  /** A token of an app's installation, good for an hour unless a test says otherwise. */
  mintInstallationToken(permissions: Readonly<Record<string, string>>): { token: string; expiresAt: string } {
    const token = `ghs_${randomBytes(27).toString("base64url")}`;
    const lifeMs = this.installationTokenMs;
    const expiresAtMs = this.#clock.now() + lifeMs;
    this.#callers.set(token, { token, scopes: undefined, permissions, app: undefined, expiresAtMs });
    return { token, expiresAt: this.#clock.iso(lifeMs) };
  }

  /** Who an `Authorization` header is from; the word before the token may be any that GitHub takes. */
  find(authorization: string | undefined): Caller | undefined {
    const token = tokenOf(authorization);
    const caller = token === undefined ? undefined : this.#callers.get(token);
    return caller && caller.expiresAtMs > this.#clock.now() ? caller : undefined;
  }

  /** The app that signed the token of an `Authorization` header. */
  findApp(authorization: string | undefined): Caller | undefined {
    const token = tokenOf(authorization) ?? "";
    const [header = "", payload = "", signature = ""] = token.split(".");
    const claims = parseClaims(payload);
    const app = claims && this.#apps.get(claims.iss);
    if (!app || claims.exp * 1000 < this.#clock.now()) return undefined;
    const key = createPublicKey(app.publicKey);
    const genuine = verify(
      "RSA-SHA256",
      Buffer.from(`${header}.${payload}`),
      key,
      Buffer.from(signature, "base64url"),
    );
    return genuine ? { token: app.clientId, scopes: undefined, permissions: undefined, app } : undefined;
  }
}

/** Whether the caller may do what wants a permission. */
export function isAllowed({ scopes, permissions }: Caller, { scopes: wanted, app }: Permission): boolean {
  if (scopes) return wanted.some((scope) => scopes.includes(scope));
  return permissions?.[app] !== undefined;
}

/** The token of a header: `token X`, `Bearer X` and `RemoteAuth X` say it, `Basic` hides it in the password. */
export function tokenOf(authorization: string | undefined): string | undefined {
  const [, scheme, rest] = /^(\w+) +(\S+)$/.exec(authorization ?? "") ?? [];
  if (scheme?.toLowerCase() !== "basic") return rest;
  return Buffer.from(rest ?? "", "base64")
    .toString()
    .split(":")
    .at(-1);
}

function parseClaims(payload: string): { readonly iss: string; readonly exp: number } | undefined {
  try {
    const { iss, exp } = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
    return { iss: String(iss), exp: Number(exp) };
  } catch {
    return undefined;
  }
}

import { randomBytes } from "node:crypto";
import { jsonWebToken } from "./json-web-token.ts";
import type { Scope } from "../state/scope.ts";
import type { VirtualClock } from "../state/virtual-clock.ts";

const HOUR_MS = 3_600_000;

/** What a token of this kind is good for. */
export interface RunnerTokenGrant {
  readonly scope: Scope;
  readonly use: "register" | "remove";
  readonly expiresAtMs: number;
}

/** Registration and removal tokens: one hour, any number of runners of one scope. */
export class RunnerTokens {
  readonly #clock: VirtualClock;
  readonly #grants = new Map<string, RunnerTokenGrant>();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  mint(scope: Scope, use: RunnerTokenGrant["use"]): { readonly token: string; readonly expiresAt: string } {
    const token = `A${randomBytes(18).toString("base64url").toUpperCase()}`;
    this.#grants.set(token, { scope, use, expiresAtMs: this.#clock.now() + HOUR_MS });
    return { token, expiresAt: this.#clock.iso(HOUR_MS) };
  }

  /** A token of the Actions service that may do what a registration token may. */
  mintAdmin(grant: RunnerTokenGrant, lifeMs: number): string {
    const expiresAtMs = this.#clock.now() + lifeMs;
    const token = jsonWebToken({ scope: grant.scope, exp: Math.floor(expiresAtMs / 1000) });
    this.#grants.set(token, { ...grant, expiresAtMs });
    return token;
  }

  /** From now on no token of the Actions service is taken. */
  revokeAdmins(): void {
    for (const token of this.#grants.keys()) if (token.includes(".")) this.#grants.delete(token);
  }

  /** What a token is good for; undefined for one that is unknown or has expired. */
  find(token: string): RunnerTokenGrant | undefined {
    const grant = this.#grants.get(token);
    return grant && grant.expiresAtMs > this.#clock.now() ? grant : undefined;
  }
}

import type { Clock, Logger, Redactor, Secret } from "charm-kit";
import type { RunnerRegistration } from "../runners/ports.ts";
import { MissingPermissionError, NotFoundError } from "./errors.ts";
import type { GithubApi } from "./github-api.ts";
import type { RunnerGroups } from "./runner-groups.ts";
import type { RunnerList } from "./runner-list.ts";
import { SharedWork } from "./shared-work.ts";
import { readToken } from "./shapes.ts";

export interface TokenRegistrationDependencies {
  readonly api: GithubApi;
  readonly list: RunnerList;
  readonly groups: RunnerGroups;
  /** Hides the tokens in output. */
  readonly redactor: Redactor | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A registration that GitHub answered 404 to. */
interface Attempt {
  readonly runner: string;
  /** ID of its group. */
  readonly group: number;
}

interface RegistrationToken {
  readonly token: Secret;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

/** A runner must be able to start before its token expires. */
const RENEW_BEFORE_MS = 15 * 60_000;

/**
 * Registration of runners by `config.sh`, for a GitHub Enterprise Server without just-in-time configuration.
 *
 * Such a server answers 404 to the request for one, as every server does for a scope that the credentials do not reach.
 * Its list of runners and its registration tokens tell these apart: both work there.
 */
export class TokenRegistration {
  readonly #dependencies: TokenRegistrationDependencies;
  #current: RegistrationToken | undefined;
  readonly #detecting = new SharedWork<RegistrationToken>();

  constructor(dependencies: TokenRegistrationDependencies) {
    this.#dependencies = dependencies;
  }

  /** Whether a 404 can mean that the server has no just-in-time configuration. github.com and `*.ghe.com` have it. */
  get isPossible(): boolean {
    return this.#dependencies.api.isEnterpriseServer;
  }

  /** The registration for another runner, while a token of this server is valid. Then the server is asked again. */
  current(): RunnerRegistration | undefined {
    const { clock } = this.#dependencies;
    if (!this.#current || clock.now() >= this.#current.expiresAt - RENEW_BEFORE_MS) return undefined;
    return this.#registration(this.#current);
  }

  /**
   * Finds out whether runners of this server can register by token.
   *
   * @param attempt the registration that GitHub answered 404 to: the runner's name, and the ID of its group.
   * @param refusal that answer.
   * @throws the refusal where GitHub answers 404 to the list of runners too; `RunnerGroupError` where the group is gone;
   *   `MissingPermissionError` where GitHub lists runners and answers 404 to both ways of registration.
   */
  async detect(attempt: Attempt, refusal: NotFoundError, signal: AbortSignal): Promise<RunnerRegistration> {
    const detect = (shared: AbortSignal) => this.#detect(attempt, refusal, shared);
    this.#current = await this.#detecting.run(detect, signal);
    return this.#registration(this.#current);
  }

  async #detect(
    { runner, group }: Attempt,
    refusal: NotFoundError,
    signal: AbortSignal,
  ): Promise<RegistrationToken> {
    const { api, groups, list, log } = this.#dependencies;
    await list.find(runner, signal).catch((thrown: unknown) => {
      throw thrown instanceof NotFoundError ? refusal : thrown;
    });
    // The group was deleted and created again: the next attempt has its new ID.
    if ((await groups.id(signal)) !== group) throw refusal;
    try {
      const token = await this.#requestToken(signal);
      log.warning("Runners register by a token that root in a job can read for an hour", {
        reason:
          "this server has no just-in-time configuration; GitHub Enterprise Server 3.10 and later have it",
      });
      return token;
    } catch (thrown) {
      if (!(thrown instanceof NotFoundError)) throw thrown;
      const detail = `GitHub lists the runners of '${api.path}' and answers 404 to a registration`;
      const permissions = { needed: api.scope.permission, granted: undefined, accepted: undefined, detail };
      throw new MissingPermissionError(`register runner '${runner}'`, permissions, thrown);
    }
  }

  async #requestToken(signal: AbortSignal): Promise<RegistrationToken> {
    const { api, redactor } = this.#dependencies;
    const action = `get a registration token of '${api.path}'`;
    const answer = await api.send(
      { action, method: "POST", route: "/actions/runners/registration-token" },
      signal,
    );
    const token = readToken(answer.body);
    if (!token) throw api.garbage(action, answer);
    redactor?.add(token.token.reveal(), token.expiresAt);
    return token;
  }

  #registration({ token }: RegistrationToken): RunnerRegistration {
    return { by: "token", token, group: this.#dependencies.groups.name };
  }
}

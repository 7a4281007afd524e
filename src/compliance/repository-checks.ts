import { CodedError, type Logger, messageOf } from "charm-kit";
import { repositoryText, type CheckRequest } from "./check-request.ts";
import { describeRefusals, refusals } from "./policy-rules.ts";
import type { RepositoryReader } from "./ports.ts";

/**
 * The answer to a check: whether the job may run, and the text for its log. `failed` says nothing about the repository.
 */
export type CheckOutcome =
  | { readonly verdict: "allowed" }
  | { readonly verdict: "refused"; readonly text: string }
  | { readonly verdict: "failed"; readonly text: string };

/** What became of a check. */
export type CheckVerdict = CheckOutcome["verdict"];

export interface RepositoryChecksDependencies {
  readonly reader: RepositoryReader;
  readonly log: Logger;
}

/** Codes of errors that GitHub's answer itself explains to a person without access to the unit. */
const NOT_FOUND = "github-not-found";
const RATE_LIMIT = "github-rate-limit";

/** Decides whether jobs of a repository may run. */
export class RepositoryChecks {
  readonly #dependencies: RepositoryChecksDependencies;

  constructor(dependencies: RepositoryChecksDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Reads the repository's settings and compares them with the rules. A job whose check fails does not run either.
   *
   * @throws the signal's reason when it is aborted.
   */
  async check(request: CheckRequest, signal: AbortSignal): Promise<CheckOutcome> {
    const { log, reader } = this.#dependencies;
    const repository = repositoryText(request.repository);
    try {
      const facts = await reader.read(request, signal);
      if (facts === undefined) {
        log.warning("A runner asked for a repository that it does not serve", { repository });
        return { verdict: "refused", text: `These runners do not serve repository '${repository}'.` };
      }
      const broken = refusals(request.event, facts);
      if (broken.length === 0) return { verdict: "allowed" };
      const rules = broken.map(({ rule }) => rule.id).join(", ");
      log.info("The policy refuses a job", { repository, event: request.event, rules });
      return { verdict: "refused", text: describeRefusals(repository, broken) };
    } catch (thrown) {
      signal.throwIfAborted();
      log.warning("Cannot check the policy", { repository, reason: messageOf(thrown) });
      return outcomeOf(thrown, repository);
    }
  }
}

/** The details are for the people of the unit: the log of a job may be public. */
function outcomeOf(thrown: unknown, repository: string): CheckOutcome {
  const code = thrown instanceof CodedError ? thrown.code : "unknown";
  if (code === NOT_FOUND) {
    const text = `GitHub shows the unit no repository '${repository}', or no such branch of it. Ask an operator of this unit to give its token access to the repository.`;
    return { verdict: "refused", text };
  }
  const text =
    code === RATE_LIMIT
      ? "GitHub's rate limit for the unit is reached. Run the job again in an hour."
      : `The settings of repository '${repository}' cannot be read (${code}). Ask an operator of this unit for the reason, which is in the log of its runner service.`;
  return { verdict: "failed", text };
}

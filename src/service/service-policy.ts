import { type Clock, type Logger, messageOf, type Secret, systemErrorCode, unhindered } from "charm-kit";
import type { CheckRequest } from "../compliance/check-request.ts";
import type { CheckOutcome, CheckVerdict } from "../compliance/repository-checks.ts";
import type { ServiceSettings } from "../unit/service-settings.ts";
import type { ServiceStatus } from "../unit/service-status.ts";
import { PolicyEndpoint } from "./policy-endpoint.ts";
import type { PolicyTokenAnswer } from "../unit/ask-service.ts";

/** Checks of one revision of the settings. */
export interface RepositoryChecking {
  readonly checks: { check(request: CheckRequest, signal: AbortSignal): Promise<CheckOutcome> };
  close(): Promise<void>;
}

/** The tokens of the unit. */
export interface PolicyTokens {
  issue(): Promise<Secret>;
  redeem(token: string): Promise<boolean>;
}

export interface ServicePolicyDependencies {
  /** Reads the settings in force. */
  readonly settings: () => Promise<ServiceSettings>;
  readonly tokens: PolicyTokens;
  /** Opens the checks of a unit with its credentials. */
  readonly open: (settings: ServiceSettings) => RepositoryChecking;
  /** The machine's address on the runners' bridge; undefined without a bridge. */
  readonly gateway: (settings: ServiceSettings, signal: AbortSignal) => Promise<string | undefined>;
  readonly port: number;
  /** Told what became of each check. @default nobody is */
  readonly onVerdict?: (verdict: CheckVerdict) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Longest time to find the address of the bridge, in milliseconds. */
const GATEWAY_MS = 10_000;

/** The built-in policy of the runner service: serves checks while the settings want it. */
export class ServicePolicy {
  readonly #dependencies: ServicePolicyDependencies;
  readonly #endpoint: PolicyEndpoint;
  #settings: ServiceSettings | undefined;
  #checking: SharedChecking | undefined;
  #fault: string | undefined;

  constructor(dependencies: ServicePolicyDependencies) {
    const { clock, log, onVerdict, tokens } = dependencies;
    this.#dependencies = dependencies;
    this.#endpoint = new PolicyEndpoint({
      redeem: (token) => tokens.redeem(token),
      check: (request, signal) => this.#check(request, signal),
      onVerdict,
      clock,
      log,
    });
  }

  /** Called with the settings in force, as often as they are read. */
  apply(settings: ServiceSettings): void {
    this.#settings = settings;
    if (!isWanted(settings)) this.#fault = undefined;
    else if (this.#endpoint.address !== undefined) return;
    unhindered("find the runners' bridge", GATEWAY_MS, (signal) => this.#ensure(settings, signal)).catch(
      (thrown: unknown) => {
        this.#note(thrown);
      },
    );
  }

  /** The status, with why no checks are served. */
  annotate(status: ServiceStatus): ServiceStatus {
    const fault = this.#fault;
    return fault === undefined ? status : { ...status, notices: [...status.notices, fault] };
  }

  /** Issues a token for a runner, for the unit's processes. The settings may have changed a moment ago. */
  async issue(signal: AbortSignal): Promise<PolicyTokenAnswer> {
    const settings = await this.#dependencies.settings();
    this.#settings = settings;
    if (!isWanted(settings)) return { fault: "the runner service has settings without repo-policy=builtin" };
    try {
      const url = await this.#ensure(settings, signal);
      if (url === undefined) return { fault: "the runners have no bridge yet" };
      const token = await this.#dependencies.tokens.issue();
      return { url, token: token.reveal() };
    } catch (thrown) {
      this.#note(thrown);
      return { fault: this.#fault ?? messageOf(thrown) };
    }
  }

  async close(): Promise<void> {
    await this.#endpoint.close();
    await this.#checking?.retire();
  }

  /** @returns the address for guests; undefined without a bridge. */
  async #ensure(settings: ServiceSettings, signal: AbortSignal): Promise<string | undefined> {
    const { gateway, port } = this.#dependencies;
    const host = isWanted(settings) ? await gateway(settings, signal) : undefined;
    await this.#endpoint.listen(host === undefined ? undefined : { host, port });
    this.#fault = undefined;
    return host === undefined ? undefined : `http://${host}:${port}`;
  }

  #note(thrown: unknown): void {
    const { port } = this.#dependencies;
    const reason = messageOf(thrown);
    const remedy =
      systemErrorCode(thrown) === "EADDRINUSE" ? `; free TCP port ${port} of the runners' bridge` : "";
    const fault = `cannot serve policy checks (${reason}), so no runners are created${remedy}`;
    if (fault !== this.#fault) this.#dependencies.log.warning("Cannot serve policy checks", { reason });
    this.#fault = fault;
  }

  async #check(request: CheckRequest, signal: AbortSignal): Promise<CheckOutcome> {
    const settings = this.#settings;
    if (!settings || !isWanted(settings))
      return { verdict: "failed", text: "The unit does not check repositories at the moment." };
    return this.#checkingOf(settings).check(request, signal);
  }

  /** Newer settings may have other credentials. */
  #checkingOf(settings: ServiceSettings): SharedChecking {
    const { log, open } = this.#dependencies;
    if (this.#checking?.revision === settings.revision) return this.#checking;
    this.#checking?.retire().catch((thrown: unknown) => {
      log.warning("The connections of earlier policy checks stay open", { reason: messageOf(thrown) });
    });
    this.#checking = new SharedChecking(settings.revision, open(settings));
    return this.#checking;
  }
}

/** Checks with the settings of one revision. Those that are under way go on with them. */
class SharedChecking {
  readonly revision: number;
  readonly #checking: RepositoryChecking;
  #running = 0;
  #isRetired = false;

  constructor(revision: number, checking: RepositoryChecking) {
    this.revision = revision;
    this.#checking = checking;
  }

  async check(request: CheckRequest, signal: AbortSignal): Promise<CheckOutcome> {
    this.#running += 1;
    try {
      return await this.#checking.checks.check(request, signal);
    } finally {
      this.#running -= 1;
      if (this.#isRetired) await this.retire();
    }
  }

  /** Closes it with the end of the last check. */
  async retire(): Promise<void> {
    this.#isRetired = true;
    if (this.#running === 0) await this.#checking.close();
  }
}

function isWanted({ setup }: ServiceSettings): boolean {
  return setup.configuration.policy.by === "charm";
}

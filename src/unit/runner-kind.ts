import { createHash } from "node:crypto";
import type { Credentials } from "../github/credentials.ts";
import { githubPathText } from "../github/path.ts";
import type { Configuration } from "./configuration.ts";
import type { Integrations } from "./integrations.ts";

/** Everything that makes one runner different from another of the same unit. */
export interface KindInputs {
  readonly configuration: Configuration;
  readonly credentials: Credentials;
  /** All of a runner's labels, those of the charm too. */
  readonly labels: readonly string[];
  /** Name of the template that runners are cloned from. */
  readonly template: string;
  /** Profiles of the instance, in their order. */
  readonly profiles: readonly string[];
  readonly integrations: Integrations;
}

/**
 * Fingerprint of the kind of runner that a configuration makes. Pure. Idle runners of another kind are replaced.
 *
 * Left out is what a runner does not have: the number of runners, the time between reconciles, and what the firewall of
 * the unit keeps from all of them. Of credentials it takes what a person set, not the tokens that GitHub gives for it,
 * so that neither a renewed token nor a new revision of a secret with the same content replaces a runner.
 */
export function runnerKind(inputs: KindInputs): string {
  const { configuration, credentials, labels, template, profiles, integrations } = inputs;
  const { path, githubUrl, group, resources, instanceType } = configuration;
  const { proxy, aproxy, dockerMirror, preJobScript, policy } = configuration;
  const facts = [
    [githubUrl, githubPathText(path).toLowerCase(), group, [...labels].sort()],
    identityOf(credentials),
    [instanceType, resources.cpu, resources.memory, resources.disk, profiles, template],
    [proxy ?? null, aproxy ?? null, dockerMirror ?? null, preJobScript],
    policy.by === "service" ? [policy.by, policy.url, policy.token.reveal()] : [policy.by],
    integrations.debugSshHosts.map((host) => JSON.stringify(host)).sort(),
  ];
  // Secrets are among the facts: a digest of all of them gives nothing of one away.
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 16);
}

function identityOf(credentials: Credentials): readonly (string | number)[] {
  if (credentials.by === "token") return ["token", credentials.token.reveal()];
  return ["app", credentials.clientId, credentials.installationId, credentials.privateKey.reveal()];
}

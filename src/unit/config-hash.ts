import { createHash } from "node:crypto";
import type { Credentials } from "../github/credentials.ts";
import { githubPathText } from "../github/path.ts";
import type { Configuration } from "./configuration.ts";
import type { Integrations } from "./integrations.ts";

/** Everything that a runner's configuration is made of. */
export interface ConfigHashInputs {
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
 * Hash of the configuration that a runner is made with. Pure. Idle runners with another hash are replaced.
 *
 * Options that no runner holds are left out: the number of runners, the time between reconciles and the firewall rules.
 * Of the credentials, only the configured ones count, not the tokens that GitHub issues for them: neither a renewed token
 * nor a new revision of a secret with the same content replaces a runner.
 */
export function configHashOf(inputs: ConfigHashInputs): string {
  const { configuration, credentials, labels, template, profiles, integrations } = inputs;
  const { path, githubUrl, group, resources, instanceType } = configuration;
  const { proxy, aproxy, dockerMirror, preJobScript, policy, scaling } = configuration;
  const facts = [
    [githubUrl, githubPathText(path).toLowerCase(), group, [...labels].sort()],
    identityOf(credentials),
    [instanceType, resources.cpu, resources.memory, resources.disk, profiles, template],
    [proxy ?? null, aproxy ?? null, dockerMirror ?? null, preJobScript],
    policy.by === "service" ? [policy.by, policy.url, policy.token.reveal()] : [policy.by],
    ...(scaling ? [["scale set", scaling.scaleSetName]] : []),
    integrations.debugSshHosts.map((host) => JSON.stringify(host)).sort(),
  ];
  // Secrets are among the inputs: a digest of all of them reveals none.
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 16);
}

function identityOf(credentials: Credentials): readonly (string | number)[] {
  if (credentials.by === "token") return ["token", credentials.token.reveal()];
  return ["app", credentials.clientId, credentials.installationId, credentials.privateKey.reveal()];
}

import { createHash } from "node:crypto";
import type { Texts } from "juju-hook-tools";
import type { Rig } from "./rig.ts";

/**
 * Puts a secret into the model and grants it to the charm, or gives one that is there another content, until the unit is
 * idle.
 *
 * @returns its URI.
 */
export async function keepSecret(
  { agent, application }: Rig,
  name: string,
  content: Texts,
  signal: AbortSignal,
): Promise<string> {
  const known = (await agent.secrets.list()).find((secret) => secret.name === name);
  if (known) {
    await agent.secrets.update(name, content, signal);
    return `secret:${known.id}`;
  }
  const uri = secretUri(name);
  const id = uri.slice("secret:".length);
  await agent.secrets.add({ id, name, content }, signal);
  await agent.secrets.grant(name, [application], signal);
  return uri;
}

/** The URI of a secret that {@link keepSecret} makes. */
export function secretUri(name: string): string {
  // An xid: 19 digits of base 32, and one that holds a single bit.
  return `secret:${createHash("sha256").update(name).digest("hex").slice(0, 19)}0`;
}

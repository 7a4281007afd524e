import { createHash } from "node:crypto";

/** Below the ports that the kernel gives to clients. */
const FIRST_PORT = 20_000;
const PORTS = 10_000;

/**
 * The port of the unit's metrics on loopback. Pure. Units share machines, so each slug has a port of its own; it stays the
 * same, since the agent is told of it before the service listens.
 *
 * @param configured the option `metrics-port`.
 * @param hasCollector whether an agent is related that scrapes the unit.
 * @returns undefined where nobody wants them.
 */
export function metricsPort(
  configured: number | undefined,
  hasCollector: boolean,
  slug: string,
): number | undefined {
  if (configured !== undefined || !hasCollector) return configured;
  const digest = createHash("sha256").update(slug).digest();
  return FIRST_PORT + (digest.readUInt32BE(0) % PORTS);
}

import { Secret } from "charm-kit";
import type { JitRunner, ScaleSetClient } from "scale-set-client";
import { RegistrationLostError } from "./errors.ts";
import { isAnswerLost } from "./scale-set-errors.ts";

/** A runner that a scale set has registered for one job. */
export interface RegisteredRunner {
  readonly id: number;
  readonly jitConfig: Secret;
}

/**
 * Registers a runner by a scale set. The request is never repeated; a registration of a lost answer is deleted.
 *
 * @param create does it; throws a `GithubError`.
 * @throws `RegistrationLostError`, and the errors of `create`.
 */
export async function registerInScaleSet(
  client: Pick<ScaleSetClient, "deleteRunner" | "findRunner">,
  name: string,
  create: (action: string) => Promise<JitRunner>,
  signal: AbortSignal,
): Promise<RegisteredRunner> {
  try {
    const { runner, encodedJitConfig } = await create(`register runner '${name}'`);
    return { id: runner.id, jitConfig: new Secret(encodedJitConfig) };
  } catch (thrown) {
    signal.throwIfAborted();
    if (!isAnswerLost(thrown)) throw thrown;
    throw new RegistrationLostError(name, await takeBack(client, name, signal), thrown);
  }
}

/** Deletes the registration that a lost answer may have left. */
async function takeBack(
  client: Pick<ScaleSetClient, "deleteRunner" | "findRunner">,
  name: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const found = await client.findRunner(name, signal);
    if (found) await client.deleteRunner(found.id, signal);
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

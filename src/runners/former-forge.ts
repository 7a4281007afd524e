import { FormerScopeError } from "./errors.ts";
import type { Forge, FormerScope } from "./ports.ts";

/** The client of a former scope, whose failures to register a runner are told apart from all others. */
export function formerForge({ forge, name: scope }: Pick<FormerScope, "forge" | "name">): Forge {
  return {
    list: (signal) => forge.list(signal),
    checkRegistration: (signal) => forge.checkRegistration(signal),
    deregister: (id, signal) => forge.deregister(id, signal),
    application: (arch, signal) => forge.application(arch, signal),
    register: async (name, labels, signal) => {
      try {
        return await forge.register(name, labels, signal);
      } catch (thrown) {
        // Without its instance, a runner is registered no further.
        signal.throwIfAborted();
        throw new FormerScopeError(scope, { cause: thrown });
      }
    },
  };
}

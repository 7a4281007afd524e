import type { SecretName, SecretSide } from "../../juju/juju-side.ts";
import { ToolError } from "../../juju/tool-error.ts";

/** Secrets of a model that has none: this agent keeps no secrets yet. */
export class NoSecrets implements SecretSide {
  /** @throws ToolError always */
  read({ id, label = "" }: SecretName): never {
    if (id !== undefined) return this.change(id);
    throw new ToolError(`consumer label "${label}" not found`);
  }

  /** @throws ToolError always */
  info({ id, label = "" }: SecretName): never {
    return this.change(id ?? label);
  }

  ids(): readonly string[] {
    return [];
  }

  /** @throws ToolError always */
  add(): never {
    throw new ToolError("cannot add a secret: this agent keeps no secrets: not supported");
  }

  /** @throws ToolError always */
  change(id: string): never {
    throw new ToolError(`secret "${id}" not found`);
  }

  /** @throws ToolError always */
  grant(id: string): never {
    return this.change(id);
  }

  /** @throws ToolError always */
  revoke(id: string): never {
    return this.change(id);
  }

  /** @throws ToolError always */
  remove(id: string): never {
    return this.change(id);
  }
}

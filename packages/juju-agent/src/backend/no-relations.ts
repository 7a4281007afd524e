import { ToolError, type CurrentRelation, type RelationBackend } from "juju-hook-tools";

/** Relations of a unit without any: this agent does not support relations yet. */
export class NoRelations implements RelationBackend {
  current(): CurrentRelation | undefined {
    return undefined;
  }

  ids(): readonly string[] {
    return [];
  }

  has(): boolean {
    return false;
  }

  /** @throws ToolError always */
  units(): never {
    return refuse();
  }

  /** @throws ToolError always */
  app(): never {
    return refuse();
  }

  /** @throws ToolError always */
  model(): never {
    return refuse();
  }

  /** @throws ToolError always */
  read(): never {
    return refuse();
  }

  /** @throws ToolError always */
  write(): never {
    return refuse();
  }
}

function refuse(): never {
  throw new ToolError("relation not found");
}

import type { HookTools } from "./hook-tools.ts";
import { overlayHookTools } from "./overlay-hook-tools.ts";
import type { RelationScope } from "./relation-tools.ts";

/** Names of the bags that this unit writes. */
export interface RelationWriter {
  readonly unitName: string;
  readonly appName: string;
}

interface PendingBag {
  readonly id: number;
  readonly scope: RelationScope;
  readonly data: Readonly<Record<string, string>>;
}

/**
 * Collects what a dispatch writes into its relation data, so that each bag costs one `relation-set` at the end, and
 * tells what was written to who reads it before. Juju itself shares relation data only once the hook has succeeded, so
 * nobody else sees a difference.
 */
export class RelationWrites {
  /** The tools it was made with, whose relation data is written and read through this. */
  readonly tools: HookTools;
  readonly #below: HookTools;
  readonly #pending = new Map<string, PendingBag>();

  constructor(tools: HookTools, { unitName, appName }: RelationWriter) {
    this.#below = tools;
    const scopes = new Map<string, RelationScope>([
      [unitName, "unit"],
      [appName, "app"],
    ]);
    this.tools = overlayHookTools(tools, {
      relationSet: (id, scope, data) => {
        this.#add({ id, scope, data });
        return Promise.resolve();
      },
      relationGet: async (id, member) => {
        const shared = await tools.relationGet(id, member);
        const scope = scopes.get(member);
        const pending = scope && this.#pending.get(keyOf({ id, scope }));
        return pending ? withoutEmpty({ ...shared, ...pending.data }) : shared;
      },
    });
  }

  /** Writes what was collected, one `relation-set` a bag, in the order of the bags' first writes. */
  async flush(): Promise<void> {
    for (const [key, { id, scope, data }] of [...this.#pending]) {
      await this.#below.relationSet(id, scope, data);
      this.#pending.delete(key);
    }
  }

  /** Forgets what was collected: the action that wrote it failed. */
  discard(): void {
    this.#pending.clear();
  }

  #add({ id, scope, data }: PendingBag): void {
    const key = keyOf({ id, scope });
    this.#pending.set(key, { id, scope, data: { ...this.#pending.get(key)?.data, ...data } });
  }
}

function keyOf({ id, scope }: Pick<PendingBag, "id" | "scope">): string {
  return `${id} ${scope}`;
}

/** An empty value takes its key away. */
function withoutEmpty(data: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== ""));
}

import { REDACTED } from "charm-kit";
import { assertWritable } from "./command-line/string-map-input.ts";
import { HookToolInputError, RelationNotFoundError } from "./hook-tool-refusals.ts";
import type { HookTools } from "./hook-tools.ts";
import { overlayHookTools } from "./overlay-hook-tools.ts";
import type { RelationScope } from "./relation-tools.ts";

/** Names of the unit and application whose data bags this unit writes. */
export interface RelationWriter {
  readonly unitName: string;
  readonly appName: string;
  /** The relation of the running hook, which exists. */
  readonly relation?: number | undefined;
}

interface PendingBag {
  readonly id: number;
  readonly scope: RelationScope;
  readonly data: Readonly<Record<string, string>>;
}

/**
 * Buffers a dispatch's writes to relation data, so that each bag needs one `relation-set` at the end. Reads include
 * buffered writes. Other units see no difference, because Juju shares relation data only after the hook succeeds.
 */
export class RelationWrites {
  /** The underlying tools with buffered relation data. */
  readonly tools: HookTools;
  readonly #underlying: HookTools;
  readonly #pending = new Map<string, PendingBag>();
  /** Relations that Juju has shown to exist in this dispatch. */
  readonly #known = new Set<number>();

  constructor(tools: HookTools, { unitName, appName, relation }: RelationWriter) {
    this.#underlying = tools;
    if (relation !== undefined) this.#known.add(relation);
    const scopes = new Map<string, RelationScope>([
      [unitName, "unit"],
      [appName, "app"],
    ]);
    this.tools = overlayHookTools(tools, {
      // The refusal belongs to the handler that writes, not to the end of the dispatch.
      relationSet: async (id, scope, data) => {
        assertWritable("relation-set", data);
        assertNoSecret(data);
        await this.#assertExists(id);
        this.#add({ id, scope, data });
      },
      relationIDs: async (endpoint) => {
        const ids = await tools.relationIDs(endpoint);
        for (const id of ids) this.#known.add(id);
        return ids;
      },
      relationGet: async (id, member) => {
        const shared = await tools.relationGet(id, member);
        this.#known.add(id);
        const scope = scopes.get(member);
        const pending = scope && this.#pending.get(keyOf({ id, scope }));
        return pending ? withoutEmpty({ ...shared, ...pending.data }) : shared;
      },
    });
  }

  /** Writes the buffered data with one `relation-set` for each bag, in the order of the first writes. */
  async flush(): Promise<void> {
    for (const [key, { id, scope, data }] of [...this.#pending]) {
      await this.#underlying.relationSet(id, scope, data);
      this.#pending.delete(key);
    }
  }

  /** Asks Juju only about relations that it has not shown yet, such as that of a deferred event. */
  async #assertExists(id: number): Promise<void> {
    if (this.#known.has(id)) return;
    try {
      await this.#underlying.relationUnits(id);
    } catch (thrown) {
      if (!(thrown instanceof RelationNotFoundError)) throw thrown;
      const detail = `the relation ${id} no longer exists; ask its isActive() before a write`;
      throw new RelationNotFoundError("relation-set", { detail }, { cause: thrown });
    }
    this.#known.add(id);
  }

  #add({ id, scope, data }: PendingBag): void {
    const key = keyOf({ id, scope });
    this.#pending.set(key, { id, scope, data: { ...this.#pending.get(key)?.data, ...data } });
  }
}

/** @throws {@link HookToolInputError} for text that was made from a secret: the other side would get `[redacted]`. */
function assertNoSecret(data: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(data))
    if (value.includes(REDACTED))
      throw new HookToolInputError(
        "relation-set",
        `the value of ${JSON.stringify(key)} holds ${REDACTED}, the text of a Secret; share its ID, or use reveal()`,
      );
}

function keyOf({ id, scope }: Pick<PendingBag, "id" | "scope">): string {
  return `${id} ${scope}`;
}

/** An empty value removes its key. */
function withoutEmpty(data: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== ""));
}

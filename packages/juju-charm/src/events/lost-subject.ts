import type { RelationFacts, SecretFacts, StorageFacts } from "../dispatch/hook-facts.ts";
import type { JujuContext } from "../dispatch/juju-context.ts";
import { dispatchedRelation } from "../model/relation.ts";
import { SecretNotFoundError } from "../tools/hook-tool-refusals.ts";
import type { HookTools } from "../tools/hook-tools.ts";
import { bareSecretID } from "../tools/secret-tools.ts";
import type { EventRecord } from "./notice.ts";

/** Services of {@link lostSubject}. */
export interface LostSubjectDependencies {
  readonly tools: Pick<
    HookTools,
    "relationIDs" | "relationUnits" | "secretGet" | "secretIDs" | "storageList"
  >;
  readonly context: Pick<JujuContext, "dispatched">;
}

/**
 * Why a deferred event has become pointless: the relation, unit, storage or secret that it announced is gone. Undefined
 * when it must be re-emitted. Events that announce an end (`departed`, `broken`, `detaching`) always are.
 */
export async function lostSubject(
  { kind, facts }: EventRecord,
  dependencies: LostSubjectDependencies,
): Promise<string | undefined> {
  const [family = kind, , phase] = kind.split(":");
  switch (family) {
    case "relation":
      if (phase === "departed" || phase === "broken") return undefined;
      return lostRelation(facts as unknown as RelationFacts, dependencies);
    case "storage":
      if (phase !== "attached") return undefined;
      return lostStorage(facts as unknown as StorageFacts, dependencies);
    case "secret-changed":
      return lostGrantedSecret(facts as unknown as SecretFacts, dependencies);
    case "secret-remove":
      return lostOwnSecret(facts as unknown as SecretFacts, dependencies);
    default:
      return undefined;
  }
}

async function lostRelation(
  { endpoint, id, remoteUnit }: RelationFacts,
  { tools, context }: LostSubjectDependencies,
): Promise<string | undefined> {
  // Juju no longer lists the relation and the unit of its own broken and departed, but still shows their data.
  const current = dispatchedRelation(context);
  const isCurrent = current?.id === id;
  if (!isCurrent && !(await tools.relationIDs(endpoint)).includes(id)) return "its relation no longer exists";
  if (remoteUnit === undefined || (isCurrent && current.remoteUnit === remoteUnit)) return undefined;
  return (await tools.relationUnits(id)).includes(remoteUnit) ? undefined : "its unit has left the relation";
}

async function lostStorage(
  { name, id }: StorageFacts,
  { tools }: LostSubjectDependencies,
): Promise<string | undefined> {
  if (id === undefined || (await tools.storageList(name)).includes(id)) return undefined;
  return "its storage is no longer attached";
}

/** A secret that is no longer granted still exists: its handler has to react. */
async function lostGrantedSecret(
  { id }: SecretFacts,
  { tools }: LostSubjectDependencies,
): Promise<string | undefined> {
  try {
    await tools.secretGet(id, "peek");
    return undefined;
  } catch (thrown) {
    return thrown instanceof SecretNotFoundError ? "its secret no longer exists" : undefined;
  }
}

async function lostOwnSecret(
  { id }: SecretFacts,
  { tools }: LostSubjectDependencies,
): Promise<string | undefined> {
  const own = await tools.secretIDs();
  return own.some((one) => bareSecretID(one) === bareSecretID(id))
    ? undefined
    : "this unit no longer manages its secret";
}

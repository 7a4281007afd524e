import { LxdError, LxdUnreachableError, OperationError, type Collection, type LxdClient } from "lxd-client";
import type { ClusterMembership } from "../unit/ports.ts";
import { absentAsUndefined } from "./absent.ts";

/** The name of the machine's LXD in its cluster; undefined for one that stands alone. */
export type OwnMember = (signal: AbortSignal) => Promise<string | undefined>;

/** Reads it with the other facts of the server, so that it costs no request of its own. */
export function ownMemberOf(client: LxdClient): OwnMember {
  return async (signal) => (await client.server.info(signal)).member;
}

/** Costs a request only where there is a cluster. An LXD that is not installed yet is a member of none. */
export function membershipOf(client: LxdClient): ClusterMembership {
  const ownMember: OwnMember = async (signal) => {
    try {
      return await ownMemberOf(client)(signal);
    } catch (thrown) {
      if (thrown instanceof LxdUnreachableError && thrown.reason === "missing") return undefined;
      throw thrown;
    }
  };
  return {
    isMember: async (signal) => (await ownMember(signal)) !== undefined,
    evacuatedMember: async (signal) => {
      const name = await ownMember(signal);
      if (name === undefined) return undefined;
      const { status } = await client.cluster.member(name, signal);
      return status === "Evacuated" ? name : undefined;
    },
  };
}

/** For a daemon that is known to stand alone. */
export const NO_MEMBER: OwnMember = () => Promise.resolve(undefined);

/** Whether a pool or a network of a cluster was never finished: nothing can use it, and its name is taken. */
export function isUnfinished({ status }: { readonly status: string }): boolean {
  return status === "Pending" || status === "Errored";
}

/** Address of the member of the cluster that LXD cannot make a change on, and so on no other; undefined for another failure. */
export function downMemberOf(thrown: unknown): string | undefined {
  return thrown instanceof LxdError || thrown instanceof OperationError ? thrown.downMember : undefined;
}

/** @param change what waits, such as `a change of X waits`. @param address of {@link downMemberOf}. */
export function untilItAnswers(change: string, address: string): string {
  return `${change} until the LXD cluster's member at ${address} answers`;
}

/** A pool or a network that is made on all members of a cluster, as LXD requires. */
export interface ClusterObject<New> {
  /** For all members. */
  readonly whole: New;
  /** What only one member is told. */
  readonly definition: (isOwn: boolean) => New;
  /** The machine's own member. */
  readonly member: string;
}

/** Creates a pool or a network in a cluster. What a killed or failed creation has left is deleted first. */
export async function createInCluster<
  T extends { readonly status: string },
  New extends { readonly name: string },
>(
  client: LxdClient,
  objects: Pick<Collection<T, object, New>, "get" | "create" | "delete">,
  { whole, definition, member }: ClusterObject<New>,
  signal: AbortSignal,
): Promise<void> {
  const left = await absentAsUndefined(objects.get(whole.name, signal));
  if (left && isUnfinished(left)) await objects.delete(whole.name, signal);
  for (const { name } of await client.cluster.members(signal)) {
    await objects.create(definition(name === member), signal, name);
  }
  await objects.create(whole, signal);
}

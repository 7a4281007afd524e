import { json, path, targetQuery } from "./call.ts";
import { type Deletion, perform, readList, readTagged, type ReadTarget, remove } from "./resource.ts";
import type { Transport } from "./transport.ts";
import type { Outcome, Tagged } from "./types.ts";
import { listOf } from "./envelope.ts";

/** What a collection holds. */
export interface CollectionKind<T> {
  /** As it reads in an error, such as `profile`. */
  readonly noun: string;
  /** Last piece of its URL, such as `profiles`. */
  readonly segment: string;
  readonly decode: (metadata: unknown) => T;
}

/** Named objects of one kind in the default project; profiles, networks, ACLs and pools are all used the same way. */
export class Collection<T, Settings extends object, New extends { readonly name: string }> {
  protected readonly transport: Transport;
  protected readonly kind: CollectionKind<T>;

  constructor(transport: Transport, kind: CollectionKind<T>) {
    this.transport = transport;
    this.kind = kind;
  }

  /** All objects, other owners' among them. */
  list(signal: AbortSignal): Promise<readonly T[]> {
    const { noun, segment, decode } = this.kind;
    const path = `/1.0/${segment}?recursion=1`;
    return readList(this.transport, { action: `list the ${noun}s`, path, decode: listOf(decode) }, signal);
  }

  /**
   * @param member of a cluster, whose own part of the configuration is to be there too. @default none: as for all members
   * @throws `LxdError` with `notFound` when it is not there.
   */
  async get(name: string, signal: AbortSignal, member?: string): Promise<T> {
    const { action, path } = this.target("read", name);
    const target = { action, path: `${path}${targetQuery(member)}`, decode: this.kind.decode };
    return (await readTagged(this.transport, target, signal)).value;
  }

  /** An object with the ETag that {@link Collection.put} takes. */
  getTagged(name: string, signal: AbortSignal): Promise<Tagged<T>> {
    const target: ReadTarget<T> = { ...this.target("read", name), decode: this.kind.decode };
    return readTagged(this.transport, target, signal);
  }

  /**
   * @param member of a cluster, for which the object is only defined, with the member's own part of the configuration:
   *   pools and networks of a cluster are defined for each member first, and then created. @default it is created
   * @throws `LxdError` with `alreadyExists` when the name is taken.
   */
  create(object: New, signal: AbortSignal, member?: string): Promise<Outcome> {
    const on = member === undefined ? "" : ` for cluster member '${member}'`;
    const action = `create ${this.kind.noun} '${object.name}'${on}`;
    const target = `/1.0/${this.kind.segment}${targetQuery(member)}`;
    return perform(this.transport, { action, method: "POST", path: target, payload: json(object) }, signal);
  }

  /**
   * Replaces all settings of an object.
   *
   * @param etag of {@link Collection.getTagged}; a stale one is refused with `LxdError.stale`.
   */
  put(name: string, settings: Settings, etag: string, signal: AbortSignal): Promise<Outcome> {
    const headers = { "if-match": etag };
    const call = { ...this.target("change", name), method: "PUT", payload: json(settings), headers } as const;
    return perform(this.transport, call, signal);
  }

  /** Deletes an object; one that is not there counts as deleted. LXD refuses one that is in use. */
  delete(name: string, signal: AbortSignal): Promise<Outcome<Deletion>> {
    return remove(this.transport, this.target("delete", name), signal);
  }

  /** Action and path of something that is done with one object. */
  protected target(verb: string, name: string): { readonly action: string; readonly path: string } {
    return {
      action: `${verb} ${this.kind.noun} '${name}'`,
      path: `/1.0/${this.kind.segment}${path`/${name}`}`,
    };
  }
}

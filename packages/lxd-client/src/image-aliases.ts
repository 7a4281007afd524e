import { type Call, json, path } from "./call.ts";
import { LxdError } from "./errors.ts";
import { type Deletion, perform, readTagged, remove, readList } from "./resource.ts";
import type { Transport } from "./transport.ts";
import type { Outcome, Tagged } from "./types.ts";
import { listOf } from "./envelope.ts";

/** A name for an image. */
export interface ImageAlias {
  readonly name: string;
  /** Fingerprint of the image. */
  readonly target: string;
  readonly description: string;
}

/** How often a change by someone else is met before it is reported. */
const ATTEMPTS = 3;

/**
 * Aliases of images: `/1.0/images/aliases`. They are changed by PUT only: LXD 5.0 takes 20 seconds for a PATCH, and
 * keeps other calls waiting.
 */
export class ImageAliases {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(signal: AbortSignal): Promise<readonly ImageAlias[]> {
    const path = "/1.0/images/aliases?recursion=1";
    const target = { action: "list the image aliases", path, decode: listOf(toAlias) };
    return readList(this.#transport, target, signal);
  }

  /**
   * An alias with the ETag that {@link ImageAliases.retarget} takes.
   *
   * @throws {@link LxdError} with `notFound` when it is not there.
   */
  get(name: string, signal: AbortSignal): Promise<Tagged<ImageAlias>> {
    return readTagged(this.#transport, { ...targetOf("read", name), decode: toAlias }, signal);
  }

  /** @throws {@link LxdError} with `alreadyExists` when the name is taken, with `notFound` without such an image. */
  create(alias: ImageAlias, signal: AbortSignal): Promise<Outcome> {
    const action = `create image alias '${alias.name}'`;
    const call: Call = { action, method: "POST", path: "/1.0/images/aliases", payload: json(alias) };
    return perform(this.#transport, call, signal);
  }

  /**
   * Lets an alias point to another image, in one step.
   *
   * @param etag of {@link ImageAliases.get}; a stale one is refused with `LxdError.stale`.
   */
  retarget(alias: ImageAlias, etag: string, signal: AbortSignal): Promise<Outcome> {
    const { name, target, description } = alias;
    const call: Call = {
      ...targetOf("change", name),
      method: "PUT",
      payload: json({ target, description }),
      headers: { "if-match": etag },
    };
    return perform(this.#transport, call, signal);
  }

  /** Lets an alias point to an image, whether it is there already or not. */
  async point(alias: ImageAlias, signal: AbortSignal): Promise<Outcome> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#pointOnce(alias, signal);
      } catch (thrown) {
        const isRace = thrown instanceof LxdError && (thrown.stale || thrown.alreadyExists);
        if (!isRace || attempt === ATTEMPTS) throw thrown;
      }
    }
  }

  /** Deletes an alias and leaves its image; one that is not there counts as deleted. */
  delete(name: string, signal: AbortSignal): Promise<Outcome<Deletion>> {
    return remove(this.#transport, targetOf("delete", name), signal);
  }

  async #pointOnce(alias: ImageAlias, signal: AbortSignal): Promise<Outcome> {
    const etag = await this.#etag(alias.name, signal);
    return etag === undefined ? this.create(alias, signal) : this.retarget(alias, etag, signal);
  }

  async #etag(name: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      return (await this.get(name, signal)).etag;
    } catch (thrown) {
      if (thrown instanceof LxdError && thrown.notFound) return undefined;
      throw thrown;
    }
  }
}

function toAlias(metadata: unknown): ImageAlias {
  return metadata as ImageAlias;
}

function targetOf(verb: string, name: string): { readonly action: string; readonly path: string } {
  return { action: `${verb} image alias '${name}'`, path: path`/1.0/images/aliases/${name}` };
}

import type { Readable } from "node:stream";
import { bodyStream } from "./body.ts";
import { type Call, json, path } from "./call.ts";
import { OperationError } from "./errors.ts";
import { multipartForm, type Bytes, type TypedBody } from "./upload.ts";
import { type Deletion, readTagged, remove, readList } from "./resource.ts";
import type { Transport } from "./transport.ts";
import type { Config, InstanceType, Metadata, Outcome } from "./types.ts";
import { fieldsOf, listOf } from "./envelope.ts";

/** An image in the store of the server. */
export interface Image {
  /** SHA-256, hexadecimal. */
  readonly fingerprint: string;
  readonly aliases: readonly { readonly name: string; readonly description: string }[];
  readonly properties: Config;
  readonly public: boolean;
  /** Whether LXD fetched it on its own account, and deletes it when it is not used. */
  readonly cached: boolean;
  readonly auto_update: boolean;
  readonly filename: string;
  /** Bytes. */
  readonly size: number;
  readonly type: InstanceType;
  readonly architecture: string;
  /** RFC 3339. */
  readonly created_at: string;
  readonly uploaded_at: string;
  readonly last_used_at: string;
  readonly expires_at: string;
}

/** What an image is given when it is made. */
export interface ImageOptions {
  readonly properties?: Config;
  /** @default false */
  readonly isPublic?: boolean;
}

/** An image file to be uploaded. */
export type ImageUpload = UnifiedImage | SplitImage;
/** A tarball with `metadata.yaml` and `rootfs/`. */
export interface UnifiedImage {
  readonly format: "unified";
  readonly content: Bytes;
}
/** A metadata tarball and a file system: a squashfs, or a disk image of a virtual machine. */
export interface SplitImage {
  readonly format: "split";
  readonly type: InstanceType;
  readonly metadata: Bytes;
  readonly rootfs: Bytes;
}

/** An image on another server. */
export interface RemoteImage {
  readonly server: string;
  readonly protocol: "simplestreams" | "lxd";
  readonly alias: string;
  readonly type: InstanceType;
}

/** An image to be made from an instance that is stopped. */
export interface Publication extends ImageOptions {
  readonly instance: string;
  /** `none` is quickest to make where the instance is not copied elsewhere. */
  readonly compression: "none" | "gzip" | "zstd";
}

/** An image that is in the store now. */
export interface StoredImage {
  readonly fingerprint: string;
  /** Whether the very same image had been there. */
  readonly existed: boolean;
}

/** Images of the local store: `/1.0/images`. */
export class Images {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** All images, other owners' among them. */
  list(signal: AbortSignal): Promise<readonly Image[]> {
    const target = { action: "list the images", path: "/1.0/images?recursion=1", decode: listOf(toImage) };
    return readList(this.#transport, target, signal);
  }

  /**
   * @param fingerprint whole, or its unambiguous beginning.
   * @throws `LxdError` with `notFound` when it is not there.
   */
  async get(fingerprint: string, signal: AbortSignal): Promise<Image> {
    const target = { ...targetOf("read", fingerprint), decode: toImage };
    return (await readTagged(this.#transport, target, signal)).value;
  }

  /** Uploads an image by streaming. LXD needs twice its size of free disk. An upload that is aborted leaves nothing. */
  import(upload: ImageUpload, options: ImageOptions, signal: AbortSignal): Promise<Outcome<StoredImage>> {
    const prefix = this.#transport.dialect.headerPrefix;
    const body = upload.format === "split" ? splitBody(upload) : unifiedBody(upload);
    const headers = {
      "content-type": body.contentType,
      [`${prefix}public`]: String(options.isPublic ?? false),
      [`${prefix}properties`]: new URLSearchParams(options.properties).toString(),
    };
    return this.#store(
      { action: "import an image", headers, payload: { kind: "bytes", content: body.content } },
      signal,
    );
  }

  /** Lets LXD fetch an image from a server. */
  pull(remote: RemoteImage, options: ImageOptions, signal: AbortSignal): Promise<Outcome<StoredImage>> {
    const { server, protocol, alias, type } = remote;
    const source = { type: "image", mode: "pull", server, protocol, alias, image_type: type };
    const payload = json({ source, ...settings(options), auto_update: false });
    return this.#store({ action: `fetch image '${alias}' from ${server}`, payload }, signal);
  }

  /** Makes an image of a stopped instance. LXD makes one at a time. */
  publish(publication: Publication, signal: AbortSignal): Promise<Outcome<StoredImage>> {
    const { instance, compression } = publication;
    const source = { type: "instance", name: instance };
    const payload = json({ source, compression_algorithm: compression, ...settings(publication) });
    return this.#store({ action: `publish instance '${instance}'`, payload }, signal);
  }

  /** The image's file: a unified tarball, or multipart form data when it was imported split. */
  async export(
    fingerprint: string,
    signal: AbortSignal,
  ): Promise<{ readonly contentType: string; readonly content: Readable }> {
    const { action, path: image } = targetOf("export", fingerprint);
    const reply = await this.#transport.open({ action, method: "GET", path: `${image}/export` }, signal);
    const contentType = String(reply.headers["content-type"]);
    return { contentType, content: bodyStream(action, this.#transport, reply.body) };
  }

  /** Deletes an image with its aliases; one that is not there counts as deleted. Instances made from it stay. */
  delete(fingerprint: string, signal: AbortSignal): Promise<Outcome<Deletion>> {
    return remove(this.#transport, targetOf("delete", fingerprint), signal);
  }

  async #store(call: Omit<Call, "method" | "path">, signal: AbortSignal): Promise<Outcome<StoredImage>> {
    const limitMs = this.#transport.limits.transferMs;
    try {
      const full: Call = { ...call, method: "POST", path: "/1.0/images", limitMs };
      const outcome = await this.#transport.mutate(full, signal);
      return outcome.state === "done" ? stored(outcome.value, false) : outcome;
    } catch (thrown) {
      const isThere =
        thrown instanceof OperationError && thrown.detail.includes("same fingerprint already exists");
      if (isThere && typeof thrown.metadata["fingerprint"] === "string") return stored(thrown.metadata, true);
      throw thrown;
    }
  }
}

function stored(metadata: Metadata, existed: boolean): Outcome<StoredImage> {
  return { state: "done", value: { fingerprint: String(metadata["fingerprint"]), existed } };
}

function settings(options: ImageOptions): { readonly public: boolean; readonly properties: Config } {
  return { public: options.isPublic ?? false, properties: options.properties ?? {} };
}

function unifiedBody(image: UnifiedImage): TypedBody {
  return { contentType: "application/octet-stream", content: image.content };
}

function splitBody(image: SplitImage): TypedBody {
  const name = image.type === "virtual-machine" ? "rootfs.img" : "rootfs";
  // LXD reads the parts in this order only.
  return multipartForm([
    { name: "metadata", content: image.metadata },
    { name, content: image.rootfs },
  ]);
}

function targetOf(verb: string, fingerprint: string): { readonly action: string; readonly path: string } {
  return { action: `${verb} image ${fingerprint.slice(0, 12)}`, path: path`/1.0/images/${fingerprint}` };
}

function toImage(metadata: unknown): Image {
  const sent = fieldsOf<Image>(metadata);
  return { ...sent, aliases: sent.aliases ?? [], properties: sent.properties ?? {} };
}

import type { Readable } from "node:stream";
import { bodyStream, readBytes } from "./body.ts";
import { type Call, path } from "./call.ts";
import { LxdError } from "./errors.ts";
import { FileSession } from "./file-session.ts";
import { type Deletion, remove } from "./resource.ts";
import type { Reply, Transport } from "./transport.ts";
import type { Bytes } from "./upload.ts";

/** Owner and mode of a file that is made. LXD leaves those of a file that is there as they are. */
export interface FileAttributes {
  /** @default 0o644 of files, 0o755 of directories */
  readonly mode?: number;
  /** The guest's user id. @default 0 */
  readonly uid?: number;
  /** The guest's group id. @default 0 */
  readonly gid?: number;
}

/** Something in an instance's file system. */
export type GuestEntry = GuestFile | GuestDirectory | GuestLink;

/** What every entry of an instance's file system has. */
export interface GuestAttributes extends Required<FileAttributes> {
  /** As LXD writes it, such as `2026-11-25 03:04:11 +0000 UTC`. */
  readonly modified: string;
}
/** A file in an instance, with its content as a stream. */
export interface GuestFile extends GuestAttributes {
  readonly type: "file";
  readonly sizeBytes: number | undefined;
  /** Who does not read it to the end must destroy it. */
  readonly content: Readable;
}
/** A directory in an instance, with the names in it. */
export interface GuestDirectory extends GuestAttributes {
  readonly type: "directory";
  readonly names: readonly string[];
}
/** A symbolic link in an instance. */
export interface GuestLink extends GuestAttributes {
  readonly type: "symlink";
  readonly target: string;
}

/** A file or directory of an instance; `path` is absolute. */
export interface GuestPath {
  readonly instance: string;
  readonly path: string;
}

const LISTING_LIMIT = 4 * 1024 * 1024;
const LINK_LIMIT = 4096;

/** Files of instances: `/1.0/instances/<name>/files`. Those of a stopped container are reached as well. */
export class Files {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Reads something. In an instance whose processes are not trusted, use a command of its own instead: LXD opens a pipe
   * like a file, waits for ever, and cannot stop the instance any more.
   *
   * @throws {@link LxdError} with `notFound` when nothing is there.
   */
  async get(file: GuestPath, signal: AbortSignal): Promise<GuestEntry> {
    const call: Call = { ...target("read", file), method: "GET" };
    const reply = await this.#transport.open(call, signal);
    const attributes = this.#attributes(reply);
    const content = bodyStream(call.action, this.#transport, reply.body);
    switch (this.#header(reply, "type")) {
      case "directory":
        return { type: "directory", ...attributes, names: await directoryNames(call.action, content) };
      case "symlink":
        return { type: "symlink", ...attributes, target: await linkTarget(call.action, content) };
      default:
        return { type: "file", ...attributes, sizeBytes: sizeOf(reply), content };
    }
  }

  /**
   * The content of a file, which may be untrusted.
   *
   * @throws `OutputLimitError` when it has more than `limitBytes`; {@link LxdError} with `notFound` when it is not there,
   *   or is no file.
   */
  async read(file: GuestPath, limitBytes: number, signal: AbortSignal): Promise<Buffer> {
    const entry = await this.get(file, signal);
    const { action } = target("read", file);
    if (entry.type !== "file") throw new LxdError(action, 404, `it is a ${entry.type}`);
    return readBytes(action, entry.content, limitBytes);
  }

  /**
   * Opens a session that lists and reads files, for many of them and for untrusted ones. Whoever opens it must close it.
   *
   * @throws {@link LxdError} with `notFound` when there is no such instance.
   */
  session(instance: string, signal: AbortSignal): Promise<FileSession> {
    return FileSession.open(this.#transport, instance, signal);
  }

  /** Writes a file in place: a reader may see half of it. Its directory must be there. */
  async put(file: GuestPath, content: Bytes, attributes: FileAttributes, signal: AbortSignal): Promise<void> {
    await this.#post(target("write", file), { type: "file", attributes, content }, signal);
  }

  /** Makes a directory and those above it; the attributes go to all that are made. One that is there is left as is. */
  async makeDirectory(directory: GuestPath, attributes: FileAttributes, signal: AbortSignal): Promise<void> {
    const made = { type: "directory", attributes: { mode: 0o755, ...attributes }, content: "" } as const;
    try {
      await this.#post(target("make directory", directory), made, signal);
    } catch (thrown) {
      const parent = parentOf(directory);
      if (parent === undefined || !(thrown instanceof LxdError && thrown.notFound)) throw thrown;
      await this.makeDirectory(parent, attributes, signal);
      await this.#post(target("make directory", directory), made, signal);
    }
  }

  /** Makes a symbolic link. */
  async link(file: GuestPath, linkTarget: string, signal: AbortSignal): Promise<void> {
    await this.#post(target("link", file), { type: "symlink", attributes: {}, content: linkTarget }, signal);
  }

  /** Deletes a file or an empty directory; one that is not there counts as deleted. */
  async delete(file: GuestPath, signal: AbortSignal): Promise<Deletion> {
    const outcome = await remove(this.#transport, target("delete", file), signal);
    // LXD deletes files at once; a forgotten operation cannot be.
    return outcome.state === "done" ? outcome.value : "deleted";
  }

  async #post(
    call: { readonly action: string; readonly path: string },
    entry: { readonly type: string; readonly attributes: FileAttributes; readonly content: Bytes },
    signal: AbortSignal,
  ): Promise<void> {
    const prefix = this.#transport.dialect.headerPrefix;
    const { mode = 0o644, uid = 0, gid = 0 } = entry.attributes;
    const headers = {
      "content-type": "application/octet-stream",
      [`${prefix}type`]: entry.type,
      [`${prefix}mode`]: mode.toString(8).padStart(4, "0"),
      [`${prefix}uid`]: String(uid),
      [`${prefix}gid`]: String(gid),
    };
    const payload = { kind: "bytes", content: entry.content } as const;
    const limitMs = this.#transport.limits.transferMs;
    await this.#transport.mutate({ ...call, method: "POST", payload, headers, limitMs }, signal);
  }

  #attributes(reply: Reply): GuestAttributes {
    return {
      mode: Number.parseInt(this.#header(reply, "mode"), 8),
      uid: Number(this.#header(reply, "uid")),
      gid: Number(this.#header(reply, "gid")),
      modified: this.#header(reply, "modified"),
    };
  }

  #header(reply: Reply, name: string): string {
    const value = reply.headers[`${this.#transport.dialect.headerPrefix}${name}`];
    return typeof value === "string" ? value : "";
  }
}

function target(verb: string, file: GuestPath): { readonly action: string; readonly path: string } {
  const files = path`/1.0/instances/${file.instance}/files?path=${file.path}`;
  return { action: `${verb} '${file.path}' in instance '${file.instance}'`, path: files };
}

function parentOf({ instance, path }: GuestPath): GuestPath | undefined {
  const parent = path.replace(/\/+[^/]*\/*$/, "");
  return parent === "" ? undefined : { instance, path: parent };
}

function sizeOf(reply: Reply): number | undefined {
  const length = reply.headers["content-length"];
  return typeof length === "string" ? Number(length) : undefined;
}

async function directoryNames(action: string, content: Readable): Promise<readonly string[]> {
  const text = (await readBytes(action, content, LISTING_LIMIT)).toString();
  const { metadata } = JSON.parse(text) as { readonly metadata: readonly string[] | null };
  return metadata ?? [];
}

async function linkTarget(action: string, content: Readable): Promise<string> {
  return (await readBytes(action, content, LINK_LIMIT)).toString();
}

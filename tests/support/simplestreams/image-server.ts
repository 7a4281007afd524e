import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { SplitImageFiles } from "./split-image.ts";
import type { ServerIdentity } from "./test-certificates.ts";

export interface ImageServerOptions {
  readonly files: SplitImageFiles;
  readonly identity: ServerIdentity;
  /** Comma separated, as simplestreams has them. */
  readonly aliases: string;
  /** Names wrong checksums. @default false */
  readonly isDamaged?: boolean;
}

const INDEX = "streams/v1/index.json";
const PRODUCTS = "streams/v1/images.json";
const PRODUCT = "com.ubuntu.cloud:server:22.04:amd64";

/** A simplestreams server of one Ubuntu image for containers, over TLS on `localhost`. */
export class ImageServer {
  /** Paths that were asked for. */
  readonly requests: string[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(options: ImageServerOptions): Promise<ImageServer> {
    const bodies = new Map<string, string>([
      [INDEX, JSON.stringify(index())],
      [PRODUCTS, JSON.stringify(await products(options))],
    ]);
    const files = new Map([
      ["image/lxd.tar.xz", options.files.metadata],
      ["image/rootfs.squashfs", options.files.squashfs],
    ]);
    const server = createServer(options.identity, (request, response) => {
      const path = (request.url ?? "").replace(/^\/|\?.*$/g, "");
      image.requests.push(path);
      void answer(response, bodies.get(path), files.get(path));
    });
    const image = new ImageServer(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return image;
  }

  get url(): string {
    return `https://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }
}

async function answer(
  response: ServerResponse,
  body: string | undefined,
  file: string | undefined,
): Promise<void> {
  if (body !== undefined) response.writeHead(200, { "content-length": Buffer.byteLength(body) }).end(body);
  else if (file === undefined) response.writeHead(404).end();
  else {
    response.writeHead(200, { "content-length": (await stat(file)).size });
    createReadStream(file).pipe(response);
  }
}

function index() {
  const images = { datatype: "image-downloads", path: PRODUCTS, format: "products:1.0", products: [PRODUCT] };
  return { format: "index:1.0", index: { images } };
}

async function products({ files, aliases, isDamaged = false }: ImageServerOptions) {
  const [metadata, squashfs] = await Promise.all([readFile(files.metadata), readFile(files.squashfs)]);
  const digest = (...parts: readonly Buffer[]) => {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    return isDamaged ? hash.digest("hex").replace(/^.{8}/, "00000000") : hash.digest("hex");
  };
  const items = {
    "lxd.tar.xz": {
      ftype: "lxd.tar.xz",
      path: "image/lxd.tar.xz",
      size: metadata.length,
      sha256: digest(metadata),
      combined_squashfs_sha256: digest(metadata, squashfs),
    },
    squashfs: {
      ftype: "squashfs",
      path: "image/rootfs.squashfs",
      size: squashfs.length,
      sha256: digest(squashfs),
    },
  };
  const product = {
    aliases,
    arch: "amd64",
    os: "ubuntu",
    release: "jammy",
    release_title: "22.04 LTS",
    version: "22.04",
    versions: { "20260102": { items } },
  };
  return {
    format: "products:1.0",
    datatype: "image-downloads",
    content_id: "images",
    products: { [PRODUCT]: product },
  };
}

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import type { PackedPackage } from "../../scripts/packages/pack-packages.ts";

const ROOT = join(import.meta.dirname, "../..");

/** A registry that has the packages of this repository as if they were published, and sends npm to its own for all others. */
export class NpmRegistry {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(packages: readonly PackedPackage[]): Promise<NpmRegistry> {
    const upstream = execFileSync("npm", ["config", "get", "registry"], { encoding: "utf8" }).trim();
    const byPath = new Map(packages.map((each) => [`/${each.name}`, each]));
    const byTarball = new Map(packages.map(({ tarball }) => [`/-/${basename(tarball)}`, tarball]));
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? "/", "http://localhost");
      const found = byPath.get(pathname);
      const tarball = byTarball.get(pathname);
      if (found) {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify(packumentOf(found, `http://${request.headers.host ?? ""}`)));
      } else if (tarball !== undefined) response.end(readFileSync(tarball));
      else response.writeHead(302, { location: new URL(pathname, upstream).href }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new NpmRegistry(server);
  }

  /** What npm is told by its environment to use this registry. */
  get environment(): Readonly<Record<string, string>> {
    const { port } = this.#server.address() as AddressInfo;
    return {
      npm_config_registry: `http://127.0.0.1:${port}/`,
      npm_config_replace_registry_host: "never",
    };
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** What a registry tells about a package. */
function packumentOf({ name, version, directory, tarball }: PackedPackage, address: string): object {
  const manifest = JSON.parse(readFileSync(join(ROOT, directory, "package.json"), "utf8")) as object;
  const content = readFileSync(tarball);
  const dist = {
    tarball: `${address}/-/${basename(tarball)}`,
    integrity: `sha512-${createHash("sha512").update(content).digest("base64")}`,
  };
  return { name, "dist-tags": { latest: version }, versions: { [version]: { ...manifest, dist } } };
}

import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
export const SITE = join(ROOT, "dist/site");

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** Markdown files of the repository that the site has to show, by their paths. */
export function sourcePages(): string[] {
  const shown = [
    "docs/**/*.md",
    "packages/*/README.md",
    "{README,CHANGELOG,CONTRIBUTING,SECURITY,CODE_OF_CONDUCT}.md",
  ];
  return globSync(shown, { cwd: ROOT }).sort();
}

/** HTML files of the built site, by their paths on it. */
export function builtPages(): string[] {
  return globSync("**/*.html", { cwd: SITE })
    .filter((page) => page !== "404.html")
    .sort();
}

/** The file that a path of the site is served from; undefined if there is none. */
export function fileOf(path: string): string | undefined {
  const file = join(SITE, decodeURI(path));
  const candidates = [file, `${file}.html`, join(file, "index.html")];
  return candidates.find((one) => existsSync(one) && statSync(one).isFile());
}

/** Serves the built site as a file server with a page for wrong addresses does, on a free port. */
export async function serveSite(): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer(({ url = "/" }, response) => {
    const found = fileOf(new URL(url, "http://site").pathname);
    const file = found ?? join(SITE, "404.html");
    response.writeHead(found === undefined ? 404 : 200, {
      "content-type": TYPES[extname(file)] ?? "text/plain",
    });
    response.end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

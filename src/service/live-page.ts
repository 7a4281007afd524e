import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import type { EventReaders } from "./event-readers.ts";
import type { LiveViews } from "./live-views.ts";

/** Files of the page by their paths on it. */
const FILES = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/live.js": ["live.js", "text/javascript; charset=utf-8"],
  "/live.css": ["live.css", "text/css; charset=utf-8"],
} as const;

/** Most browsers that watch at a time: scrapers must find a free connection. */
const MOST_READERS = 8;

/**
 * Nothing of another origin is loaded, nothing may show the page in a frame, and a script in a value would not run even if
 * the page put it in.
 */
export const PAGE_HEADERS = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

interface PageFile {
  readonly contentType: string;
  readonly content: Buffer;
}

/** The files of the page, by their paths on it. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/**
 * Reads the files of the page.
 *
 * @param directory absolute path.
 * @throws the file system's errors.
 */
export async function readPageFiles(directory: string): Promise<PageFiles> {
  const files = Object.entries(FILES).map(async ([path, [name, contentType]]) => {
    return [path, { contentType, content: await readFile(join(directory, name)) }] as const;
  });
  return new Map(await Promise.all(files));
}

/** What became of a request. */
export type PageAnswer = "answered" | "streaming" | "not found";

/** The page that shows the live view: three files, the view as JSON, and a stream of views. */
export class LivePage {
  readonly #files: PageFiles;
  readonly #views: LiveViews;
  readonly #readers: EventReaders;

  constructor(files: PageFiles, views: LiveViews) {
    this.#files = files;
    this.#views = views;
    this.#readers = views.openAudience(MOST_READERS);
  }

  /** Answers a request of the page. The caller has checked its host and its origin. */
  answer(request: IncomingMessage, response: ServerResponse): PageAnswer {
    const path = request.url?.split("?", 1)[0] ?? "";
    if (request.method !== "GET") return "not found";
    if (path === "/view") {
      sendView(response, this.#views);
      return "answered";
    }
    if (path === "/view/events") return streamViews(response, this.#views, this.#readers);
    const file = this.#files.get(path);
    if (file === undefined) return "not found";
    setHeaders(response);
    response.writeHead(200, { "content-type": file.contentType }).end(file.content);
    return "answered";
  }
}

/** Sends the view of now; also for other servers. */
export function sendView(response: ServerResponse, views: LiveViews): void {
  setHeaders(response);
  views.read().then(
    (view) => {
      response.writeHead(200, { "content-type": "application/json" }).end(`${JSON.stringify(view)}\n`);
    },
    () => {
      response.writeHead(500).end();
    },
  );
}

/** Sends each view from now on; also for other servers. */
export function streamViews(
  response: ServerResponse,
  views: LiveViews,
  readers: EventReaders,
): "answered" | "streaming" {
  setHeaders(response);
  if (readers.isFull) {
    const text = `There are ${readers.count} readers already; end one of them.\n`;
    response.writeHead(503, { "content-type": "text/plain; charset=utf-8", "retry-after": "10" }).end(text);
    return "answered";
  }
  views.stream(response, readers).catch(() => {
    response.destroy();
  });
  return "streaming";
}

function setHeaders(response: ServerResponse): void {
  for (const [name, value] of Object.entries(PAGE_HEADERS)) response.setHeader(name, value);
}

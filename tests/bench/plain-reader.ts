import { Agent, get, type IncomingMessage, type RequestOptions } from "node:http";

export interface PlainReaderOptions {
  /** Of LXD. */
  readonly socketPath: string;
  /** Of GitHub's list of runners. */
  readonly url: string;
  readonly token: string;
}

/** Reads LXD's and GitHub's lists side by side with as little as a process needs that stays: kept connections and an ETag. */
export class PlainReader {
  readonly #options: PlainReaderOptions;
  readonly #agent = new Agent({ keepAlive: true });
  #etag: string | undefined;

  constructor(options: PlainReaderOptions) {
    this.#options = options;
  }

  async read(): Promise<void> {
    const { socketPath, url, token } = this.#options;
    const headers = {
      authorization: `Bearer ${token}`,
      "user-agent": "plain-reader",
      ...(this.#etag !== undefined && { "if-none-match": this.#etag }),
    };
    const [, github] = await Promise.all([
      this.#fetch({ socketPath, path: "/1.0/instances?recursion=1" }),
      this.#fetch({ ...urlParts(url), headers }),
    ]);
    const { etag } = github.headers;
    if (etag !== undefined) this.#etag = etag;
  }

  close(): void {
    this.#agent.destroy();
  }

  #fetch(target: RequestOptions): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      get({ ...target, agent: this.#agent }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", reject);
        answer.on("end", () => {
          const { statusCode } = answer;
          if (statusCode === 200) JSON.parse(Buffer.concat(chunks).toString());
          if (statusCode === 200 || statusCode === 304) resolve(answer);
          else reject(new Error(`${target.path ?? ""} answered ${String(statusCode)}`));
        });
      }).on("error", reject);
    });
  }
}

function urlParts(url: string): RequestOptions {
  const { hostname, port, pathname, search } = new URL(url);
  return { hostname, port, path: `${pathname}${search}` };
}

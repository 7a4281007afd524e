import { createServer, type Server, type ServerResponse } from "node:http";

/** A charm's program that tells of its unit on a socket. */
export class LiveProgram {
  readonly #server: Server;
  readonly #readers = new Set<ServerResponse>();
  view: unknown;

  private constructor(view: unknown) {
    this.view = view;
    this.#server = createServer(({ url }, response) => {
      if (url === "/view") response.end(JSON.stringify(this.view));
      else if (url === "/view/events") {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(`data: ${JSON.stringify(this.view)}\n\n`);
        this.#readers.add(response);
      } else response.writeHead(404).end();
    });
  }

  static async start(socket: string, view: unknown): Promise<LiveProgram> {
    const program = new LiveProgram(view);
    await new Promise<void>((resolve) => program.#server.listen(socket, resolve));
    return program;
  }

  show(view: unknown): void {
    this.view = view;
    for (const reader of this.#readers) reader.write(`data: ${JSON.stringify(view)}\n\n`);
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}

/** A view as a runner service sends it. */
export function sampleView(now: number, change: Readonly<Record<string, unknown>> = {}): object {
  return {
    format: 1,
    at: now,
    unit: "tiny/0",
    summary: "3 of 4 runners: 2 busy, 1 idle",
    tone: "problem",
    sections: [
      {
        kind: "grid",
        title: "Runners",
        empty: "There are no runners.",
        cells: [
          { name: "tiny-0-aaaa", state: "busy", tone: "busy", since: now - 754_000 },
          { name: "tiny-0-bbbb", state: "busy", tone: "busy", since: now - 42_000 },
          { name: "tiny-0-cccc", state: "idle", tone: "good", since: now - 5000 },
        ],
      },
      {
        kind: "facts",
        title: "Queue",
        facts: [
          { name: "Jobs that wait", value: "3" },
          { name: "Longest wait", value: "since", at: now - 61_000 },
        ],
      },
      {
        kind: "notes",
        title: "Last failures",
        empty: "Nothing has failed.",
        notes: [{ text: "Failed once: the pool is full", tone: "problem", nextAt: now + 90_000 }],
      },
      {
        kind: "plot",
        title: "Waits of the last jobs",
        empty: "None.",
        unit: "s",
        points: [1, 2, 4, 8].map((value, index) => ({ at: now - (4 - index) * 60_000, value })),
      },
    ],
    ...change,
  };
}

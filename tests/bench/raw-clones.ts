import { Pool } from "undici";
import { Gate } from "charm-kit";
import type { Config } from "lxd-client";

export interface RawClonesOptions {
  readonly socket: string;
  /** The stopped instance that all are copies of. */
  readonly template: string;
  readonly profiles: readonly string[];
  /** Names of the clones begin with it. */
  readonly prefix: string;
  /** A network device for each clone: the template's has the template's addresses, which LXD refuses twice. */
  readonly devices: readonly Config[];
}

interface Envelope {
  readonly type: string;
  readonly error: string;
  readonly metadata: { readonly id: string; readonly err: string; readonly status_code: number };
}

/** What a clone does until its system is up, in one command: systemd answers nothing at first. */
const UNTIL_UP = `
until state=$(systemctl is-system-running); case $state in running | degraded) ;; *) false ;; esac; do sleep 0.05; done
`;

/** The charm's own marks on the template would make the clones its runners. */
const CONFIG = {
  "user.github-runner.owner": "",
  "user.github-runner.role": "",
  "security.protection.delete": "false",
  "boot.autostart": "false",
};

/** Clones made by plain requests to LXD: the least that the work can be done with. */
export class RawClones {
  readonly #options: RawClonesOptions;
  readonly #pool: Pool;
  #made: readonly string[] = [];

  constructor(options: RawClonesOptions) {
    this.#options = options;
    this.#pool = new Pool("http://lxd", {
      socketPath: options.socket,
      connections: 64,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /**
   * Clones and starts, with so many at a time that are being cloned or started, and waits until all of their systems are
   * up.
   *
   * @returns milliseconds.
   */
  async bringUp(count: number, concurrency: number): Promise<number> {
    const gate = new Gate(concurrency);
    const names = Array.from({ length: count }, (_, index) => `${this.#options.prefix}-${index}`);
    const started = performance.now();
    this.#made = names;
    await Promise.all(
      names.map(async (name, index) => {
        await gate.run(() => this.#start(name, this.#options.devices[index] ?? {}));
        await this.#change("POST", `/1.0/instances/${name}/exec`, {
          command: ["/bin/sh", "-c", UNTIL_UP],
          "wait-for-websocket": false,
        });
      }),
    );
    return performance.now() - started;
  }

  /** Takes them away again, also where only some of them have come up. */
  async takeDown(): Promise<void> {
    const names = this.#made;
    this.#made = [];
    await Promise.allSettled(
      names.map(async (name) => {
        const stop = { action: "stop", timeout: 0, force: true };
        // One that did not come up refuses to be stopped.
        await this.#change("PUT", `/1.0/instances/${name}/state`, stop).catch(() => undefined);
        await this.#change("DELETE", `/1.0/instances/${name}`);
      }),
    );
  }

  /** Brings one up and takes it away again. @returns milliseconds until its system was up */
  async timeOne(): Promise<number> {
    const took = await this.bringUp(1, 1);
    await this.takeDown();
    return took;
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  async #start(name: string, device: Config): Promise<void> {
    const { template, profiles } = this.#options;
    const source = { type: "copy", source: template, instance_only: true };
    await this.#change("POST", "/1.0/instances", {
      name,
      type: "container",
      source,
      profiles,
      config: CONFIG,
      devices: { eth0: device },
    });
    await this.#change("PUT", `/1.0/instances/${name}/state`, { action: "start", timeout: -1 });
  }

  /** Begins an operation and waits for its end. */
  async #change(method: "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<void> {
    const { metadata } = await this.#ask(method, path, body);
    const ended = await this.#ask("GET", `/1.0/operations/${metadata.id}/wait`);
    if (ended.metadata.status_code !== 200) throw new Error(`${method} ${path}: ${ended.metadata.err}`);
  }

  async #ask(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<Envelope> {
    const reply = await this.#pool.request({
      method,
      path,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const envelope = (await reply.body.json()) as Envelope;
    if (envelope.type === "error") throw new Error(`${method} ${path}: ${envelope.error}`);
    return envelope;
  }
}

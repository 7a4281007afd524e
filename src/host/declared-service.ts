import { mkdir, readFile, rm, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeFileAtomically } from "charm-kit";
import type { ServiceState, ServiceSupervisor } from "../unit/ports.ts";

export interface DeclaredServiceOptions {
  /** Directory in which programs are declared that another process keeps running, such as the embedded agent. */
  readonly directory: string;
  /** The unit's name in other names, such as `runners-0`. */
  readonly slug: string;
}

/** The unit's runner service on a machine without systemd: a declaration, by which another process keeps it running. */
export class DeclaredService implements ServiceSupervisor {
  readonly #path: string;

  constructor({ directory, slug }: DeclaredServiceOptions) {
    this.#path = join(directory, `${slug}-runners.json`);
  }

  async ensure(command: readonly string[]): Promise<ServiceState> {
    const content = `${JSON.stringify({ command })}\n`;
    if ((await readFile(this.#path, "utf8").catch(() => "")) === content) return "running";
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o755 });
    await writeFileAtomically(this.#path, content, { mode: 0o644 });
    return "started";
  }

  /** A declaration with another time starts the program anew. */
  async restart(): Promise<void> {
    const now = new Date();
    await utimes(this.#path, now, now).catch(() => undefined);
  }

  async remove(): Promise<void> {
    await rm(this.#path, { force: true });
  }
}

import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** An image as `GET /1.0/images/<fingerprint>` shows it. */
export interface StoredImage {
  readonly fingerprint: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly aliases: readonly { readonly name: string }[];
}

const execute = promisify(execFile);
const FINGERPRINT = /\b[0-9a-f]{64}\b/;

/** Images of the local LXD through its own command line: what makes the tests ready must not need the code under test. */
export class LxcImages {
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  async list(): Promise<readonly StoredImage[]> {
    return (await this.#query("/1.0/images?recursion=1")) as readonly StoredImage[];
  }

  async findByAlias(alias: string): Promise<StoredImage | undefined> {
    return (await this.list()).find(({ aliases }) => aliases.some(({ name }) => name === alias));
  }

  /** Streams a unified tarball into the store and returns the image's fingerprint; one that is there is adopted. */
  async import(tarball: string, properties: Readonly<Record<string, string>>): Promise<string> {
    const pairs = Object.entries(properties).map(([key, value]) => `${key}=${value}`);
    try {
      const output = await this.#lxc("image", "import", tarball, ...pairs);
      return fingerprintIn(output);
    } catch (thrown) {
      const { message } = thrown as Error;
      if (!message.includes("already exists")) throw thrown;
      const { stdout } = await execute("sha256sum", [tarball], { signal: this.#signal });
      return fingerprintIn(stdout);
    }
  }

  /** Points an alias to an image, in one step where the alias exists. */
  async setAlias(alias: string, target: string): Promise<void> {
    const exists = (await this.findByAlias(alias)) !== undefined;
    if (exists) await this.#query(`/1.0/images/aliases/${alias}`, "PUT", { target });
    else await this.#query("/1.0/images/aliases", "POST", { name: alias, target });
  }

  async delete(fingerprint: string): Promise<void> {
    await this.#lxc("image", "delete", fingerprint);
  }

  async #query(path: string, method = "GET", body?: object): Promise<unknown> {
    const data = body ? ["--data", JSON.stringify(body)] : [];
    const output = await this.#lxc("query", "--request", method, ...data, path);
    return output.trim() === "" ? undefined : JSON.parse(output);
  }

  async #lxc(...args: readonly string[]): Promise<string> {
    const { stdout } = await execute("lxc", args, { signal: this.#signal, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  }
}

function fingerprintIn(text: string): string {
  const fingerprint = FINGERPRINT.exec(text)?.[0];
  if (fingerprint === undefined)
    throw new Error(`Cannot import the image: no fingerprint in '${text.trim()}'`);
  return fingerprint;
}

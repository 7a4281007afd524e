import { Secret } from "../support/secret.ts";

/** A file that a runner gets before its application starts. */
export interface GuestFile {
  readonly path: string;
  /** Octal, such as `0644`. */
  readonly mode: string;
  readonly owner: "root" | "ubuntu";
  readonly content: string;
}

/** What a runner is told: files to write, and the environment of its application, which may hold secrets. */
export interface GuestOrders {
  readonly files: readonly GuestFile[];
  readonly environment: ReadonlyMap<string, Secret>;
}

/**
 * Renders orders as the lines that the guest's `receive` program reads: one word for what it is, then its operands,
 * contents in base64. They travel on standard input only and are never written to a disk of the host.
 */
export function renderOrders(orders: GuestOrders): Secret {
  const files = orders.files.map(
    ({ path, mode, owner, content }) => `file ${mode} ${owner} ${path} ${base64(content)}`,
  );
  const environment = [...orders.environment].map(
    ([name, value]) => `environment ${name} ${base64(value.reveal())}`,
  );
  return new Secret([...files, ...environment, "start", ""].join("\n"));
}

/** An empty operand would vanish from the line. */
function base64(text: string): string {
  return text === "" ? "=" : Buffer.from(text).toString("base64");
}

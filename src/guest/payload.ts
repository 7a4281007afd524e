import { Secret } from "charm-kit";

/** A file that is written in the runner before its application starts. */
export interface GuestFile {
  readonly path: string;
  /** Octal, such as `0644`. */
  readonly mode: string;
  readonly owner: "root" | "ubuntu";
  readonly content: string;
}

/** A file with secret content. */
export type SecretFile = Omit<GuestFile, "content"> & { readonly content: Secret };

/** Files to write, and the environment of the runner application, which may contain secrets. */
export interface BootstrapPayload {
  readonly files: readonly (GuestFile | SecretFile)[];
  /** Path of a file that root runs before the application starts. @default none */
  readonly preparation?: string | undefined;
  readonly environment: ReadonlyMap<string, Secret>;
}

/**
 * Renders a payload as the lines that the guest's `receive` program reads: a keyword, then its operands,
 * contents in base64. They travel on standard input only and are never written to a disk of the host.
 */
export function renderPayload(payload: BootstrapPayload): Secret {
  const files = payload.files.map(
    ({ path, mode, owner, content }) => `file ${mode} ${owner} ${path} ${base64(textOf(content))}`,
  );
  const environment = [...payload.environment].map(
    ([name, value]) => `environment ${name} ${base64(value.reveal())}`,
  );
  const preparation = payload.preparation === undefined ? [] : [`run ${payload.preparation}`];
  return new Secret([...files, ...environment, ...preparation, "start", ""].join("\n"));
}

function textOf(content: string | Secret): string {
  return typeof content === "string" ? content : content.reveal();
}

/** An empty operand would disappear from the line. */
function base64(text: string): string {
  return text === "" ? "=" : Buffer.from(text).toString("base64");
}

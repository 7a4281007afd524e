import { Secret, type RawData, type SecretContent } from "juju-charm";

/** What a provider has given. */
export interface DataResource {
  /** Number of the relation. */
  readonly relation: number;
  /** Name of the database, topic or index, which may differ from the requested one. */
  readonly name: string | undefined;
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  /** Such as `10.1.2.3:5432`, for reading and writing. */
  readonly endpoints: readonly string[];
  readonly readOnlyEndpoints: readonly string[];
  /** Where the provider gives them whole: they hold the password. */
  readonly uris: Secret | undefined;
  readonly readOnlyURIs: Secret | undefined;
  /** Whether connections are to use TLS. */
  readonly tls: boolean;
  /** Certificate of the provider's authority, in PEM. */
  readonly tlsCA: string | undefined;
  /** The user or group that was asked for with `entityType`. */
  readonly entityName: string | undefined;
  readonly entityPassword: Secret | undefined;
  /** Version of the provider's software. */
  readonly version: string | undefined;
  /** All fields that are in secrets, with those of `additionalSecrets`. */
  readonly secrets: SecretContent;
  /** All fields that are not, such as `replset` or `zookeeper-uris`. */
  readonly data: RawData;
}

/** Groups of secret fields, which are in a secret each; their field in the data is `secret-` and this. */
export const SECRET_GROUPS = ["user", "tls", "entity", "extra"] as const;

/**
 * Puts together what the provider has given.
 *
 * @param secrets fields of all secrets. A provider on a Juju without secrets has them in its data.
 * @returns undefined when the credentials or the endpoints have not come.
 */
export function readResource(
  relation: number,
  data: RawData,
  secrets: SecretContent,
): DataResource | undefined {
  const secret = (field: string) =>
    secrets[field] ?? (data[field] === undefined ? undefined : new Secret(data[field]));
  const text = (field: string) => secret(field)?.reveal();
  const username = text("username");
  const entityName = text("entity-name");
  if ((username === undefined || secret("password") === undefined) && entityName === undefined)
    return undefined;
  return {
    relation,
    name: data["database"] ?? data["topic"] ?? data["index"] ?? data["resource"],
    username,
    password: secret("password"),
    endpoints: list(data["endpoints"]),
    readOnlyEndpoints: list(data["read-only-endpoints"]),
    uris: secret("uris"),
    readOnlyURIs: secret("read-only-uris"),
    tls: text("tls")?.toLowerCase() === "true" || text("tls") === "enabled",
    tlsCA: text("tls-ca"),
    entityName,
    entityPassword: secret("entity-password"),
    version: data["version"],
    secrets,
    data,
  };
}

function list(text = ""): readonly string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

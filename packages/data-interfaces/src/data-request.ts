/** What a charm asks a provider for. */
export type DataRequest = RequestedResource & RequestRoles;

/** The resource, by the kind of the provider. */
export type RequestedResource =
  | {
      /** Name of the database (PostgreSQL, MySQL, MongoDB). */
      readonly database: string;
    }
  | {
      /** Name of the topic (Kafka). */
      readonly topic: string;
      readonly consumerGroupPrefix?: string;
    }
  | {
      /** Name of the index (OpenSearch). */
      readonly index: string;
    };

/** Roles and further wishes; providers differ in what they heed. */
export interface RequestRoles {
  /** Roles of the user, such as `admin`. */
  readonly extraUserRoles?: readonly string[];
  /** Roles of the group, when a group is asked for. */
  readonly extraGroupRoles?: readonly string[];
  /** Asks for a user or a group as an entity of its own, instead of a user for the resource. */
  readonly entityType?: "USER" | "GROUP";
  readonly entityPermissions?: readonly EntityPermission[];
  /** Whether clients outside of the provider's cloud connect. */
  readonly externalNodeConnectivity?: boolean;
  /** For a database name that ends with `*`: all databases with this prefix, or those that exist. */
  readonly prefixMatching?: "all" | "only-existing";
  /** Further fields that the provider is to give in a secret. */
  readonly additionalSecrets?: readonly string[];
}

/** What an entity may do. */
export interface EntityPermission {
  readonly resourceName: string;
  readonly resourceType: string;
  readonly privileges: readonly string[];
}

/** Fields that this package reads from secrets. */
const SECRETS = [
  "username",
  "password",
  "tls",
  "tls-ca",
  "uris",
  "read-only-uris",
  "entity-name",
  "entity-password",
];

/** The application data that asks for it, as version 0 of the Python library writes it. */
export function requestData(request: DataRequest): Readonly<Record<string, string | undefined>> {
  const { extraUserRoles, extraGroupRoles, entityType, entityPermissions } = request;
  const { externalNodeConnectivity, prefixMatching, additionalSecrets = [] } = request;
  return {
    ...resourceData(request),
    "extra-user-roles": extraUserRoles?.join(","),
    "extra-group-roles": extraGroupRoles?.join(","),
    "entity-type": entityType,
    "entity-permissions": entityPermissions && JSON.stringify(entityPermissions.map(permissionData)),
    "external-node-connectivity": externalNodeConnectivity === true ? "true" : undefined,
    "prefix-matching": prefixMatching,
    "requested-secrets": JSON.stringify([...SECRETS, ...additionalSecrets]),
  };
}

function resourceData(request: RequestedResource): Readonly<Record<string, string | undefined>> {
  if ("database" in request) return { database: request.database };
  if ("index" in request) return { index: request.index };
  return { topic: request.topic, "consumer-group-prefix": request.consumerGroupPrefix };
}

function permissionData({ resourceName, resourceType, privileges }: EntityPermission): object {
  return { resource_name: resourceName, resource_type: resourceType, privileges };
}

import type { RelationTypes } from "../charm-types.ts";
import type { JsonObject, JsonValue } from "../tools/hook-tools.ts";

/** What a charm says of itself in `charm.yaml`, `config.yaml` and `actions.yaml`, checked and with defaults filled in. */
export interface CharmMetadata {
  readonly name: string;
  /** Name for people; the charm's name when none is given. */
  readonly title: string;
  readonly summary: string;
  readonly description: string;
  readonly subordinate: boolean;
  /** Systems that the charm runs on; empty in a `metadata.yaml`, whose bases are in the manifest. */
  readonly bases: readonly BaseMetadata[];
  /** Endpoints by name, of all three roles. */
  readonly relations: Readonly<Record<string, RelationMetadata>>;
  readonly extraBindings: readonly string[];
  readonly storages: Readonly<Record<string, StorageMetadata>>;
  readonly resources: Readonly<Record<string, ResourceMetadata>>;
  readonly options: Readonly<Record<string, OptionMetadata>>;
  readonly actions: Readonly<Record<string, ActionMetadata>>;
  /** All of `charm.yaml` as written, with what only Juju or Charmhub reads. */
  readonly source: JsonObject;
}

/** Architectures as Juju names them. */
export type BaseArchitecture = (typeof BASE_ARCHITECTURES)[number];
export const BASE_ARCHITECTURES = ["amd64", "arm64", "armhf", "i386", "ppc64el", "riscv64", "s390x"] as const;

/** An operating system that a charm runs on. */
export interface BaseMetadata {
  readonly name: string;
  /** Release, and risk if any: `24.04` or `24.04/stable`. */
  readonly channel: string;
  /** Empty when the charm runs on all of them. */
  readonly architectures: readonly BaseArchitecture[];
}

/** Who a charm is in a relation. */
export type RelationRole = RelationTypes["role"];

/** A relation endpoint of a charm. */
export interface RelationMetadata {
  readonly role: RelationRole;
  readonly interface: string;
  /** `container` ties the units of both sides to one machine, as subordinates need it. */
  readonly scope: "global" | "container";
  /** The largest number of relations; undefined for any. */
  readonly limit: number | undefined;
  readonly optional: boolean;
}

/** A storage of a charm. */
export interface StorageMetadata {
  readonly type: "filesystem" | "block";
  readonly description: string;
  readonly readOnly: boolean;
  /** Absolute path of the mount point, or of the directory of mount points when there may be many. */
  readonly location: string | undefined;
  /** How many there may be; undefined for exactly one. */
  readonly multiple: { readonly minimum: number; readonly maximum: number | undefined } | undefined;
}

/** A resource of a charm. */
export interface ResourceMetadata {
  readonly type: "file" | "oci-image";
  /** Name of the file on the unit; undefined of an image. */
  readonly filename: string | undefined;
  readonly description: string;
}

/** Types of options, as Juju names them. */
export type OptionType = (typeof OPTION_TYPES)[number];
export const OPTION_TYPES = ["string", "int", "float", "boolean", "secret"] as const;

/** An option of `config.yaml`. */
export interface OptionMetadata {
  readonly type: OptionType;
  /** Undefined when the option is absent until somebody sets it. */
  readonly default: string | number | boolean | undefined;
  readonly description: string;
}

/** An action of `actions.yaml`. */
export interface ActionMetadata {
  readonly description: string;
  /** JSON schemas of the parameters. */
  readonly params: Readonly<Record<string, ParameterSchema>>;
  readonly required: readonly string[];
  /** What Juju does with other parameters; undefined leaves it to Juju, of which 4.0 refuses them. */
  readonly additionalProperties: boolean | undefined;
  /** Schemas of the results; undefined when the file does not tell them. */
  readonly results: Readonly<Record<string, ParameterSchema>> | undefined;
}

/** Types of JSON schema draft 4, which Juju checks the parameters of actions by. */
export type ParameterType = (typeof PARAMETER_TYPES)[number];
export const PARAMETER_TYPES = ["string", "integer", "number", "boolean", "array", "object", "null"] as const;

/** The part of a JSON schema that becomes a type. */
export interface ParameterSchema {
  /** Empty for any. */
  readonly types: readonly ParameterType[];
  readonly description: string;
  readonly default: JsonValue | undefined;
  /** The only values; undefined for all of the types. */
  readonly enum: readonly JsonValue[] | undefined;
  /** Schema of an array's items. */
  readonly items: ParameterSchema | undefined;
  /** Schemas of an object's members. */
  readonly properties: Readonly<Record<string, ParameterSchema>> | undefined;
  /** Members of an object that must be there. */
  readonly required: readonly string[];
}

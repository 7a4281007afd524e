import type { RelationTypes } from "../charm-types.ts";
import type { JsonObject, JsonValue } from "../tools/hook-tools.ts";

/** The metadata of a charm from `charm.yaml`, `config.yaml` and `actions.yaml`, validated and with defaults. */
export interface CharmMetadata {
  readonly name: string;
  /** Display name; by default the charm's name. */
  readonly title: string;
  readonly summary: string;
  readonly description: string;
  readonly subordinate: boolean;
  /** Systems that the charm runs on; empty for a `metadata.yaml`, whose bases are in the manifest. */
  readonly bases: readonly BaseMetadata[];
  /** Endpoints of all roles, by name. */
  readonly relations: Readonly<Record<string, RelationMetadata>>;
  readonly extraBindings: readonly string[];
  readonly storages: Readonly<Record<string, StorageMetadata>>;
  readonly resources: Readonly<Record<string, ResourceMetadata>>;
  readonly options: Readonly<Record<string, OptionMetadata>>;
  readonly actions: Readonly<Record<string, ActionMetadata>>;
  /** The complete `charm.yaml`, including keys that only Juju or Charmhub reads. */
  readonly source: JsonObject;
}

/** Juju's name of an architecture. */
export type BaseArchitecture = (typeof BASE_ARCHITECTURES)[number];
export const BASE_ARCHITECTURES = ["amd64", "arm64", "armhf", "i386", "ppc64el", "riscv64", "s390x"] as const;

/** An operating system that a charm runs on. */
export interface BaseMetadata {
  readonly name: string;
  /** Release, and risk if any: `24.04` or `24.04/stable`. */
  readonly channel: string;
  /** Empty when the charm runs on all architectures. */
  readonly architectures: readonly BaseArchitecture[];
}

/** Role of a charm in a relation. */
export type RelationRole = RelationTypes["role"];

/** A relation endpoint of a charm. */
export interface RelationMetadata {
  readonly role: RelationRole;
  readonly interface: string;
  /** `container` relates only units on the same machine, for subordinates. */
  readonly scope: "global" | "container";
  /** Maximum number of relations; undefined for no limit. */
  readonly limit: number | undefined;
  readonly optional: boolean;
}

/** A storage of a charm. */
export interface StorageMetadata {
  readonly type: "filesystem" | "block";
  readonly description: string;
  readonly readOnly: boolean;
  /** Absolute path of the mount point, or of the directory of mount points when there can be several. */
  readonly location: string | undefined;
  /** Number of instances; undefined for exactly one. */
  readonly multiple: { readonly minimum: number; readonly maximum: number | undefined } | undefined;
}

/** A resource of a charm. */
export interface ResourceMetadata {
  readonly type: "file" | "oci-image";
  /** Name of the file on the unit; undefined for an image. */
  readonly filename: string | undefined;
  readonly description: string;
}

/** Juju's name of an option type. */
export type OptionType = (typeof OPTION_TYPES)[number];
export const OPTION_TYPES = ["string", "int", "float", "boolean", "secret"] as const;

/** An option of `config.yaml`. */
export interface OptionMetadata {
  readonly type: OptionType;
  /** Undefined when the option has no default. */
  readonly default: string | number | boolean | undefined;
  readonly description: string;
}

/** An action of `actions.yaml`. */
export interface ActionMetadata {
  readonly description: string;
  /** JSON schemas of the parameters. */
  readonly params: Readonly<Record<string, ParameterSchema>>;
  /** The complete JSON schema of the parameters, draft 4, as Juju validates them. */
  readonly schema: JsonObject;
  readonly required: readonly string[];
  /** Whether Juju accepts other parameters; undefined for Juju's default, which Juju 4.0 sets to false. */
  readonly additionalProperties: boolean | undefined;
  /** Schemas of the results; undefined when the file does not declare them. */
  readonly results: Readonly<Record<string, ParameterSchema>> | undefined;
}

/** A type of JSON schema draft 4, which Juju uses for action parameters. */
export type ParameterType = (typeof PARAMETER_TYPES)[number];
export const PARAMETER_TYPES = ["string", "integer", "number", "boolean", "array", "object", "null"] as const;

/** The part of a JSON schema that determines the generated type. */
export interface ParameterSchema {
  /** Empty for any type. */
  readonly types: readonly ParameterType[];
  readonly description: string;
  readonly default: JsonValue | undefined;
  /** Allowed values; undefined for all values of the types. */
  readonly enum: readonly JsonValue[] | undefined;
  /** Schema of an array's items. */
  readonly items: ParameterSchema | undefined;
  /** Schemas of an object's members. */
  readonly properties: Readonly<Record<string, ParameterSchema>> | undefined;
  /** Required members of an object. */
  readonly required: readonly string[];
}

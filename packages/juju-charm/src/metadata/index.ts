export type { CharmFile } from "./charm-keys.ts";
export { loadCharmSettings, readCharmSettings, type CharmSettings } from "./charm-settings.ts";
export { generateTypes, type GenerateTypesOptions } from "./generate-types.ts";
export { isOfType } from "./read-schema.ts";
export { loadMetadata, loadMetadataFiles } from "./load-metadata.ts";
export type {
  ActionMetadata,
  BaseArchitecture,
  BaseMetadata,
  CharmMetadata,
  OptionMetadata,
  OptionType,
  ParameterSchema,
  ParameterType,
  RelationMetadata,
  RelationRole,
  ResourceMetadata,
  StorageMetadata,
} from "./metadata.ts";
export { MetadataError, type MetadataProblem } from "./metadata-error.ts";
export { readMetadata, type MetadataFiles } from "./read-metadata.ts";

import type { ActionMetadata, CharmMetadata, OptionType, ParameterSchema } from "./metadata.ts";
import { readMetadata, type MetadataFiles } from "./read-metadata.ts";
import { schemaType } from "./schema-type.ts";
import { documented, indented, objectType, propertyKey, type Member } from "./type-text.ts";

/** Settings of {@link generateTypes}. */
export interface GenerateTypesOptions {
  /**
   * Module name of the framework in the generated import.
   *
   * @default "juju-charm"
   */
  readonly framework?: string;
}

const FRAMEWORK = "juju-charm";

const OPTION_VALUES: Readonly<Record<OptionType, string>> = {
  string: "string",
  int: "number",
  float: "number",
  boolean: "boolean",
  secret: "`secret:${string}`",
};

/**
 * Generates a TypeScript module from a charm's metadata. It contains an interface with the names and types of options,
 * actions, endpoints, storages and resources, for `class MyCharm extends Charm<MyCharmTypes>`. The interface is named after
 * the charm: `MyCharmTypes` for `my-charm`.
 *
 * @throws {@link MetadataError} when the metadata is invalid.
 */
export function generateTypes(files: MetadataFiles, options: GenerateTypesOptions = {}): string {
  const metadata = readMetadata(files);
  const name = typesName(metadata.name);
  const body = objectType([
    { name: "options", type: optionsType(metadata) },
    { name: "actions", type: actionsType(metadata) },
    { name: "relations", type: relationsType(metadata) },
    { name: "storages", type: storagesType(metadata) },
    { name: "resources", type: resourcesType(metadata) },
    ...extraBindings(metadata),
  ]);
  const imported = ["ActionResults", "CharmTypes", "JsonObject", "JsonValue"].filter(
    (type) => type === "CharmTypes" || new RegExp(`\\b${type}\\b`).test(withoutComments(body)),
  );
  return [
    "// Generated from the charm's YAML files by `juju-charm generate`: do not edit.",
    `import type { ${imported.join(", ")} } from ${JSON.stringify(options.framework ?? FRAMEWORK)};\n`,
    indented(
      documented(
        `Types for the YAML files of the charm ${metadata.name}.`,
        `export interface ${name} extends CharmTypes ${body}`,
      ),
    ),
    "",
  ].join("\n");
}

/** `github-runner` becomes `GithubRunnerTypes`. */
function typesName(charm: string): string {
  const words = charm.split("-").map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join("")}Types`;
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*\*.*?\*\//gs, "");
}

function optionsType({ options }: CharmMetadata): string {
  return objectType(
    Object.entries(options).map(([name, { type, default: fallback, description }]) => ({
      name,
      description,
      optional: fallback === undefined,
      type: OPTION_VALUES[type],
    })),
  );
}

function actionsType({ actions }: CharmMetadata): string {
  return objectType(
    Object.entries(actions).map(([name, action]) => ({
      name,
      description: action.description,
      type: objectType([
        { name: "params", type: paramsType(action) },
        { name: "results", type: resultsType(action.results) },
      ]),
    })),
  );
}

function paramsType({ params, required }: ActionMetadata): string {
  return objectType(Object.entries(params).map(([name, schema]) => parameter(name, schema, required)));
}

function parameter(name: string, schema: ParameterSchema, required: readonly string[]): Member {
  // The controller adds defaults before the charm receives the parameters.
  const optional = schema.default === undefined && !required.includes(name);
  return { name, description: schema.description, optional, type: schemaType(schema) };
}

function resultsType(results: ActionMetadata["results"]): string {
  if (results === undefined) return "ActionResults";
  return objectType(
    Object.entries(results).map(([name, schema]) => ({
      name,
      description: schema.description,
      type: schemaType(schema),
    })),
  );
}

function relationsType({ relations }: CharmMetadata): string {
  return objectType(
    Object.entries(relations).map(([name, { role, interface: interfaceName }]) => ({
      name,
      type: literals({ role, interface: interfaceName }),
    })),
  );
}

/** Nothing for a charm without extra bindings. */
function extraBindings({ extraBindings: names }: CharmMetadata): readonly Member[] {
  if (names.length === 0) return [];
  return [{ name: "extraBindings", type: objectType(names.map((name) => ({ name, type: "unknown" }))) }];
}

function storagesType({ storages }: CharmMetadata): string {
  return objectType(
    Object.entries(storages).map(([name, { type, multiple, description }]) => ({
      name,
      description,
      type: literals({ type, multiple: multiple !== undefined }),
    })),
  );
}

function resourcesType({ resources }: CharmMetadata): string {
  return objectType(
    Object.entries(resources).map(([name, { type, description }]) => ({
      name,
      description,
      type: literals({ type }),
    })),
  );
}

function literals(members: Readonly<Record<string, string | boolean>>): string {
  const texts = Object.entries(members).map(
    ([name, value]) => `readonly ${propertyKey(name)}: ${JSON.stringify(value)}`,
  );
  return `{ ${texts.join("; ")} }`;
}

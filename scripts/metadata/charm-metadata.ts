import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

export type OptionType = "string" | "int" | "boolean";

/** An option of `config.yaml`. */
export interface OptionMetadata {
  readonly type: OptionType;
  readonly default: string | number | boolean;
  readonly description: string;
}

/** A parameter of an action: the part of JSON schema that the actions use. */
export interface ParameterMetadata {
  readonly type: "string" | "integer" | "boolean";
  readonly description: string;
  readonly enum?: readonly string[];
  readonly default?: string | number | boolean;
}

/** An action of `actions.yaml`. */
export interface ActionMetadata {
  readonly description: string;
  readonly params?: Readonly<Record<string, ParameterMetadata>>;
  readonly required?: readonly string[];
}

/** A base of `charm.yaml`, as a charm's `manifest.yaml` has it. */
export interface BaseMetadata {
  readonly name: string;
  readonly channel: string;
  readonly architectures: readonly string[];
}

/** `charm.yaml`: what is not named here is for Juju alone. */
export interface CharmYaml extends Readonly<Record<string, unknown>> {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly description: string;
  readonly bases: readonly BaseMetadata[];
}

/** The charm's metadata, from its three files. */
export interface CharmMetadata {
  readonly charm: CharmYaml;
  readonly options: Readonly<Record<string, OptionMetadata>>;
  readonly actions: Readonly<Record<string, ActionMetadata>>;
}

const OPTION_TYPES: readonly string[] = ["string", "int", "boolean"] satisfies OptionType[];
const VALUE_TYPES = { string: "string", int: "number", boolean: "boolean" } as const;

/**
 * Reads `charm.yaml`, `config.yaml` and `actions.yaml`.
 *
 * @throws when an option has no type, description or default of its type, or an action no description: Juju would let
 * that pass.
 */
export function readMetadata(directory: string): CharmMetadata {
  const read = (name: string): unknown => parse(readFileSync(join(directory, name), "utf8"));
  const charm = read("charm.yaml") as CharmYaml;
  const { options } = read("config.yaml") as Pick<CharmMetadata, "options">;
  const actions = read("actions.yaml") as CharmMetadata["actions"];
  const faults = [...optionFaults(options), ...actionFaults(actions)];
  if (faults.length > 0) throw new Error(`Cannot use the charm's metadata: ${faults.join("; ")}`);
  return { charm, options, actions };
}

/** The TypeScript type of an option's value. */
export function valueTypeOf(type: OptionType): "string" | "number" | "boolean" {
  return VALUE_TYPES[type];
}

function optionFaults(options: CharmMetadata["options"]): string[] {
  return Object.entries(options).flatMap(([name, option]) => {
    if (!OPTION_TYPES.includes(option.type)) return [`option ${name} is of type ${option.type}`];
    if (!option.description) return [`option ${name} has no description`];
    if (typeof option.default === valueTypeOf(option.type)) return [];
    return [`the default of option ${name} is no ${option.type}`];
  });
}

function actionFaults(actions: CharmMetadata["actions"]): string[] {
  return Object.entries(actions).flatMap(([name, action]) => {
    const bare = Object.entries(action.params ?? {}).filter(([, parameter]) => !parameter.description);
    return [
      ...(action.description ? [] : [`action ${name} has no description`]),
      ...bare.map(([parameter]) => `parameter ${parameter} of action ${name} has no description`),
    ];
  });
}

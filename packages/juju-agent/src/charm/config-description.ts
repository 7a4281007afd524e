import type { ConfigOptions, ConfigValue, ConfigValues, OptionType } from "./config-options.ts";

/** An option, its value and the source of the value. */
export interface OptionDescription {
  readonly type: OptionType;
  readonly description: string;
  readonly default?: ConfigValue;
  readonly value?: ConfigValue;
  readonly source: "default" | "unset" | "user";
}

/** The options of an application, by name. */
export type ConfigDescription = Readonly<Record<string, OptionDescription>>;

/** Describes each option as `juju config` prints it. */
export function describeConfig(options: ConfigOptions, values: ConfigValues): ConfigDescription {
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => {
      const set = values[name];
      const value = set ?? option.default;
      const source = set !== undefined ? "user" : option.default !== undefined ? "default" : "unset";
      return [name, { ...option, ...(value === undefined ? {} : { value }), source }];
    }),
  );
}

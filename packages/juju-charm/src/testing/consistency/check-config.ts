import { JujuVersion } from "../../dispatch/juju-version.ts";
import type { OptionType } from "../../metadata/metadata.ts";
import type { JsonValue } from "juju-hook-tools";
import type { Scenario } from "./scenario.ts";

const SECRET_URI = /^secret:(?:\/\/[0-9a-f-]{36}\/)?[0-9a-v]{19}[0g]$/;

const FIRST_WITH_SECRET_OPTIONS = "3.4.0";

/** Options are declared, with values of the declared types. */
export function checkConfig({ state, metadata, jujuVersion }: Scenario): readonly string[] {
  return Object.entries(state.config).flatMap(([name, value]) => {
    const option = metadata.options[name];
    if (!option) return [`the option ${name} is not in config.yaml`];
    if (option.type === "secret" && !new JujuVersion(jujuVersion).isAtLeast(FIRST_WITH_SECRET_OPTIONS))
      return [`the option ${name} is of the type secret, which Juju ${jujuVersion} does not have`];
    if (isOfType(value, option.type)) return [];
    return [`the option ${name} is ${JSON.stringify(value)}, which is not of the type ${option.type}`];
  });
}

function isOfType(value: JsonValue, type: OptionType): boolean {
  switch (type) {
    case "string":
      return typeof value === "string";
    case "int":
      return Number.isSafeInteger(value);
    case "float":
      return typeof value === "number" && Number.isFinite(value);
    case "boolean":
      return typeof value === "boolean";
    case "secret":
      return typeof value === "string" && SECRET_URI.test(value);
  }
}

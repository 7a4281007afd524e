import type { IFlattenedRuleSet, IForbiddenRuleType } from "dependency-cruiser";
import type { Layer } from "./layers.ts";

/** Turns an import table into rules of dependency-cruiser. */
export function rulesOf(layers: Readonly<Record<string, Layer>>): IFlattenedRuleSet {
  const forbidden = [
    ...Object.entries(layers).flatMap(([name, layer]) => rulesOfLayer(name, layer)),
    ...general(layers),
  ];
  return { forbidden };
}

function rulesOfLayer(name: string, { layers, typesOf = [], packages = [] }: Layer): IForbiddenRuleType[] {
  const folders = [name, ...layers].join("|");
  const types = typesOf.map((module) => `^src/${escape(module)}$`);
  const from = { path: `^src/${name}/` };
  return [
    {
      name: `${name}-imports`,
      comment: `src/${name} imports ${layers.length > 0 ? layers.join(", ") : "nothing of ours"}`,
      severity: "error",
      from,
      to: { path: "^(src|tests|scripts|examples)/", pathNot: [`^src/(${folders})/`, ...types] },
    },
    {
      name: `${name}-imports-types`,
      comment: `src/${name} imports types alone of ${typesOf.join(", ")}`,
      severity: "error",
      from,
      to: { path: types.length > 0 ? types : NOTHING, dependencyTypesNot: ["type-only"] },
    },
    {
      name: `${name}-packages`,
      comment: `src/${name} imports ${packages.length > 0 ? packages.join(", ") : "no packages"}`,
      severity: "error",
      from,
      to: { path: "node_modules/", pathNot: packages.length > 0 ? packages.map(packagePath) : NOTHING },
    },
  ];
}

function general(layers: Readonly<Record<string, Layer>>): IForbiddenRuleType[] {
  return [
    { name: "no-cycles", severity: "error", from: { path: "^src/" }, to: { circular: true } },
    { name: "resolvable", severity: "error", from: { path: "^src/" }, to: { couldNotResolve: true } },
    {
      name: "juju-for-testing",
      comment: "a charm is on one side of Juju; the other side is for the agent and for tests of charms",
      severity: "error",
      from: { path: "^src/framework/", pathNot: "^src/framework/testing/" },
      to: { path: "^src/(juju|framework/testing)/" },
    },
    {
      name: "main-imports",
      comment: "src/main.ts composes the charm; nothing of the agent or of tests is part of it",
      severity: "error",
      from: { path: "^src/main\\.ts$" },
      to: { path: "^(src/agent|tests|scripts|examples|node_modules)/" },
    },
    {
      name: "main-is-a-root",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^src/(agent/)?main\\.ts$" },
    },
    {
      name: "known-folders",
      comment: "a folder of src/ has a row in the import table",
      severity: "error",
      from: { path: "^src/", pathNot: [`^src/(${Object.keys(layers).join("|")})/`, "^src/main\\.ts$"] },
      to: {},
    },
  ];
}

/** Matches no path. */
const NOTHING = "^$";

function packagePath(name: string): string {
  return `node_modules/(@types/)?${escape(name)}${name.endsWith("/") ? "" : "/"}`;
}

function escape(text: string): string {
  return text.replaceAll(".", "\\.");
}

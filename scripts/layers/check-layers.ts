import { cruise, type ICruiseResult } from "dependency-cruiser";
import { rulesOf, type LayerTable } from "./rules.ts";

export interface LayerReport {
  /** One line for each import that the table does not allow. */
  readonly violations: readonly string[];
  /** Number of modules of `src/` and `packages/` that were looked at. */
  readonly modules: number;
}

/**
 * Checks the imports of `src/` and `packages/` of a repository against an import table.
 *
 * @throws when no module is seen: without a TypeScript compiler that it knows, dependency-cruiser finds nothing wrong in
 * nothing.
 */
export async function checkLayers(root: string, table: LayerTable): Promise<LayerReport> {
  const { output } = await cruise(
    ["src", "packages/*/src"],
    {
      baseDir: root,
      ruleSet: rulesOf(table),
      validate: true,
      tsPreCompilationDeps: true, // imports of types count as well
      doNotFollow: { path: "node_modules" },
    },
    {
      extensions: [".ts", ".js", ".mjs", ".cjs", ".json"],
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default"],
    },
  );
  const { modules, summary } = output as ICruiseResult;
  const own = modules.filter(({ source }) => /^(src|packages)\//.test(source)).length;
  if (own === 0)
    throw new Error("Cannot check the layers: dependency-cruiser saw no module of src/ or packages/");
  const violations = summary.violations.map(({ from, to, rule, comment, cycle }) => {
    const path = cycle ? cycle.map(({ name }) => name).join(" -> ") : to;
    return `${from} -> ${path} [${rule.name}]${comment ? `: ${comment}` : ""}`;
  });
  return { violations, modules: own };
}

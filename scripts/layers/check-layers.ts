import { cruise, type ICruiseResult } from "dependency-cruiser";
import type { Layer } from "./layers.ts";
import { rulesOf } from "./rules.ts";

export interface LayerReport {
  /** One line for each import that the table does not allow. */
  readonly violations: readonly string[];
  /** Number of modules below `src/` that were looked at. */
  readonly modules: number;
}

/**
 * Checks the imports of `src/` of a repository against an import table.
 *
 * @throws when no module is seen: without a TypeScript compiler that it knows, dependency-cruiser finds nothing wrong in
 * nothing.
 */
export async function checkLayers(
  root: string,
  layers: Readonly<Record<string, Layer>>,
): Promise<LayerReport> {
  const { output } = await cruise(
    ["src"],
    {
      baseDir: root,
      ruleSet: rulesOf(layers),
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
  const own = modules.filter(({ source }) => source.startsWith("src/")).length;
  if (own === 0) throw new Error("Cannot check the layers: dependency-cruiser saw no module below src/");
  const violations = summary.violations.map(({ from, to, rule, comment, cycle }) => {
    const path = cycle ? cycle.map(({ name }) => name).join(" -> ") : to;
    return `${from} -> ${path} [${rule.name}]${comment ? `: ${comment}` : ""}`;
  });
  return { violations, modules: own };
}

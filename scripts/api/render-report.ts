import type { ApiExport } from "./api.ts";

/** What users can import from a module. */
export interface ReportedModule {
  /** What it is imported as. */
  readonly module: string;
  readonly exports: readonly ApiExport[];
}

const ORIGIN = "<!-- Generated from the sources by `npm run generate`: do not edit. -->\n";

/** The public API of a package in Markdown: signatures alone, so that a change of it shows in a review. */
export function renderReport(modules: readonly ReportedModule[]): string {
  const sections = modules.flatMap(({ module, exports }) => [
    `## ${module}\n`,
    `\`\`\`ts\n${exports.map(renderExport).join("\n\n")}\n\`\`\`\n`,
  ]);
  return [ORIGIN, "# Public API\n", ...sections].join("\n");
}

function renderExport({ kind, signature, members }: ApiExport): string {
  if (kind === "class" || kind === "interface") {
    const lines = members.map((member) => `  ${member.signature.replace(/;$/, "")};`);
    return `export ${signature} {\n${lines.join("\n")}\n}`;
  }
  return `export ${signature.replace(/;$/, "").replaceAll(";\nfunction ", ";\nexport function ")};`;
}

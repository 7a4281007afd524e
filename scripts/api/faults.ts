import type { ApiExport } from "./api.ts";

/** What keeps users from using the exports of packages: a missing docstring, a type that they cannot import. */
export function faultsOf(exports: readonly ApiExport[]): readonly string[] {
  const known = new Set(exports.map(({ original, file }) => `${file} ${original}`));
  const bare = exports
    .filter(({ doc }) => doc.text === "")
    .map(({ name, file }) => `${file}: the export ${name} has no docstring; write one`);
  const hidden = exports.flatMap(({ name, file, mentions }) =>
    mentions
      .filter((mention) => !known.has(`${mention.file} ${mention.name}`))
      .map((mention) => `${file}: ${name} names ${mention.name} of ${mention.file}, which no index exports`),
  );
  return [...new Set([...bare, ...hidden])];
}

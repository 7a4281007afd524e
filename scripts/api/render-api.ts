import type { ApiDoc, ApiExport, ApiMember } from "./api.ts";

/** A page of the reference. */
export interface ApiPage {
  /** Name of the file, without `.md`. */
  readonly name: string;
  readonly title: string;
  /** What a charm imports the exports from. */
  readonly module: string;
  readonly exports: readonly ApiExport[];
}

/** Where the docstring of a name is: the page, by name of the export. */
export type ApiIndex = ReadonlyMap<string, string>;

const ORIGIN = "<!-- Generated from the docstrings by `npm run generate`: do not edit. -->\n";

/** Says on which page each export is. */
export function indexOf(pages: readonly ApiPage[]): ApiIndex {
  return new Map(pages.flatMap((page) => page.exports.map(({ name }) => [name, page.name] as const)));
}

/** The list of all pages, in Markdown. */
export function renderIndex(pages: readonly ApiPage[]): string {
  const lines = pages.flatMap(({ name, title, module, exports }) => [
    `## [${title}](${name}.md)\n`,
    `From \`${module}\`: ${exports.map((item) => `[\`${item.name}\`](${name}.md#${anchor(item.name)})`).join(", ")}.\n`,
  ]);
  return [ORIGIN, "# Reference of the framework\n", ...lines].join("\n");
}

/** One page of the reference, in Markdown. */
export function renderPage(page: ApiPage, index: ApiIndex): string {
  const sections = page.exports.map((item) => renderExport(item, (doc) => renderDoc(doc, index)));
  return [
    ORIGIN,
    `# ${page.title}\n`,
    `All of these are exported by \`${page.module}\`.\n`,
    ...sections,
  ].join("\n");
}

function renderExport({ name, signature, doc, members }: ApiExport, render: (doc: ApiDoc) => string): string {
  const sections = members
    .filter(({ isPlumbing }) => !isPlumbing)
    .map((member) => renderMember(member, render));
  return [`## ${name}\n`, code(signature), render(doc), ...sections].join("\n");
}

function renderMember({ signature, doc }: ApiMember, render: (doc: ApiDoc) => string): string {
  return [code(signature), render(doc)].join("\n");
}

function renderDoc({ text, params, tags }: ApiDoc, index: ApiIndex): string {
  const lines = [
    ...params.map((param) => `- \`${param.name}\`: ${link(param.text, index)}`),
    ...tags.map((tag) => `- ${TAG_TITLES[tag.name]}: ${link(tag.text, index)}`),
  ];
  const paragraphs = [link(text, index), lines.join("\n")].filter(Boolean);
  return paragraphs.length > 0 ? `${paragraphs.join("\n\n")}\n` : "";
}

const TAG_TITLES = { throws: "throws", returns: "returns", default: "default" } as const;

/** Turns `{@link Name}` into a link where there is a page, and into code elsewhere. */
function link(text: string, index: ApiIndex): string {
  return text.replaceAll(/\{@link ([^}]+)\}/g, (_match, name: string) => {
    const page = index.get(name);
    return page === undefined ? `\`${name}\`` : `[\`${name}\`](${page}.md#${anchor(name)})`;
  });
}

function anchor(name: string): string {
  return name.toLowerCase();
}

function code(text: string): string {
  return `\`\`\`ts\n${text}\n\`\`\`\n`;
}

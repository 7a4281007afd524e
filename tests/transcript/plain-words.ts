/** The runners of a scene, by what they are in it. */
export interface Cast {
  readonly slug: string;
  readonly idle: readonly string[];
  readonly busy: string | undefined;
  /** Address of GitHub's stand-in, as the charm is told it. */
  readonly githubUrl: string;
}

const REPLACEMENTS: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{64}\b/g, "<fingerprint>"],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z| UTC)?/g, "<time>"],
  [/\blongest \d+ (?:s|min)\b/g, "longest <time>"],
  [/request [0-9A-F:]{10,}/g, "request <id>"],
  [/\bghr-[0-9a-f]{10}\b/g, "ghr-<digits>"],
];

/**
 * Takes out of a text what differs from one run to the next: names get the part that a runner plays, times and digests a
 * word. Pure.
 */
export function plainWords(text: string, { slug, idle, busy, githubUrl }: Cast): string {
  const named = idle.reduce((line, name) => line.replaceAll(name, `${slug}-<idle>`), text);
  const withBusy = busy === undefined ? named : named.replaceAll(busy, `${slug}-<busy>`);
  const withRest = withBusy
    .replaceAll(new RegExp(`\\b${slug}-[0-9a-f]{12}\\b`, "g"), `${slug}-<new>`)
    .replaceAll(githubUrl, "https://github.example")
    .replaceAll(githubUrl.replace(/^https?:\/\//, ""), "github.example");
  return REPLACEMENTS.reduce((line, [pattern, word]) => line.replaceAll(pattern, word), withRest);
}

/**
 * Statuses as a person reads them: what came twice in a row is there once, and of a progress only the way from the first to
 * the last step. Pure.
 */
export function foldStatuses(statuses: readonly string[]): readonly string[] {
  const folded: string[] = [];
  for (const status of statuses) {
    const progress = /^(.* )\d+\/(\d+)$/.exec(status);
    const line = progress ? `${progress[1]}0/${progress[2]} to ${progress[2]}/${progress[2]}` : status;
    if (folded.at(-1) !== line) folded.push(line);
  }
  return folded;
}

/** Lists of names and lines of runners in one order, whatever the names were before they were replaced. Pure. */
export function inOneOrder(lines: readonly string[]): readonly string[] {
  const isOfRunner = (line: string) => /<(idle|busy|new)>$/.test(line);
  const ordered = lines.filter(isOfRunner).sort();
  return lines.map((line) => (isOfRunner(line) ? (ordered.shift() ?? line) : sortedNames(line)));
}

/** The names in a text in one order. Pure. */
export function sortedNames(text: string): string {
  return text.replaceAll(/[\w-]+<\w+>(, ?[\w-]+<\w+>)+/g, (list) => {
    const separator = list.includes(", ") ? ", " : ",";
    return list.split(separator).sort().join(separator);
  });
}

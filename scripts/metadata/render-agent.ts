import type {
  ArgumentDescription,
  OptionDescription,
  ProgramDescription,
  VerbDescription,
} from "../../packages/juju-agent/src/describe-program.ts";
import type { ExitCode } from "../../packages/juju-agent/src/exit-codes.ts";

/** Options that every verb has; the page tells them once. */
const EVERYWHERE: readonly string[] = ["--json", "--help"];

/** The reference page of the embedded agent's command line. Pure. */
export function renderAgent(program: ProgramDescription, exitCodes: readonly ExitCode[]): string {
  const { name, options, verbs } = program;
  return `# Commands of the embedded agent

The verbs of \`${name}\`, which [runs the charm without Juju](../how-to/run-without-juju.md); \`juju-agent\`, the same program
without a charm, has them too.

## For all verbs

${table(["option", "meaning"], options.map(optionRow))}

Every verb has \`--help\`, which prints its help, and \`--json\`. With it, the standard output has one object of JSON and nothing
else, also after a failure: then with \`error\`, its \`message\` and where there is one its \`code\`. \`debug-log --follow\` prints an object
for each line instead. Progress and messages go to the standard error. Wrong use prints no object. Colours are on a terminal
alone, and not where \`NO_COLOR\` is set.

\`${name} completion bash|zsh|fish\` prints a script by which the shell completes verbs, options and values; its help says where
to put it.

## Exit codes

${table(
  ["code", "meaning"],
  exitCodes.map(({ code, meaning }) => [String(code), meaning]),
)}

${verbs.map((verb) => verbSection(name, verb)).join("\n")}`;
}

function verbSection(program: string, verb: VerbDescription): string {
  const own = verb.options.filter(({ long }) => !EVERYWHERE.includes(long));
  const usage = [program, verb.name, ...verb.arguments.map((each) => each.usage)].join(" ");
  const rows = [...verb.arguments.map(argumentRow), ...own.map(optionRow)];
  return `## \`${verb.name}\`

${inline(verb.description)}

\`\`\`text
${usage}${own.length > 0 ? " [options]" : ""}
\`\`\`
${rows.length > 0 ? `\n${table(["word", "meaning"], rows)}\n` : ""}`;
}

function argumentRow({ usage, description, choices }: ArgumentDescription): readonly string[] {
  return [`\`${usage}\``, `${inline(description)}${choicesOf(choices)}`];
}

function optionRow({ long, short, value, description, choices }: OptionDescription): readonly string[] {
  const flags = [short, long].filter((flag) => flag !== undefined).join(", ");
  return [
    `\`${flags}${value === undefined ? "" : ` <${value}>`}\``,
    `${inline(description)}${choicesOf(choices)}`,
  ];
}

function choicesOf(choices: readonly string[]): string {
  return choices.length === 0 ? "" : `: ${choices.map((choice) => `\`${choice}\``).join(", ")}`;
}

/** Angle brackets would be HTML, and bars end a cell. */
function inline(text: string): string {
  return text.replaceAll("<", "\\<").replaceAll("|", "\\|");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

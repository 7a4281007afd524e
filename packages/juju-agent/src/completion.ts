import type { OptionDescription, ProgramDescription, VerbDescription } from "./describe-program.ts";

/** Shells whose completion there is. */
export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** A script that lets a shell complete the program's verbs, options and values. Pure. */
export function completionScript(shell: Shell, program: ProgramDescription): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](program);
}

/** Values that are paths. */
const PATHS = /^(?:archive|path|pair or file)$/;
const DIRECTORIES = /^directory$/;

/** What comes after an option or a verb. */
type Kind = "words" | "files" | "directories" | "nothing";

function kindOf({ choices, value }: { readonly choices: readonly string[]; readonly value?: string }): Kind {
  if (choices.length > 0) return "words";
  if (DIRECTORIES.test(value ?? "")) return "directories";
  return PATHS.test(value ?? "") ? "files" : "nothing";
}

function argumentKind({ arguments: [first] }: VerbDescription): Kind {
  return first === undefined ? "nothing" : kindOf({ choices: first.choices, value: first.name });
}

function functionName({ name }: ProgramDescription): string {
  return `_${name.replaceAll(/[^A-Za-z0-9]/g, "_")}`;
}

function flagsOf(options: readonly OptionDescription[]): readonly string[] {
  return options.flatMap(({ long, short }) => (short === undefined ? [long] : [long, short]));
}

/** Options of the program that take a value: the word after one is no verb. */
function valued(program: ProgramDescription): string {
  return flagsOf(program.options.filter(({ value }) => value !== undefined)).join("|");
}

/** A line for each option that takes a value: `pattern) command ;;`. */
function valueCases(
  program: ProgramDescription,
  command: (kind: Kind, choices: readonly string[]) => string,
) {
  const all = [{ name: "*", options: program.options }, ...program.verbs];
  return all.flatMap(({ name, options }) =>
    options
      .filter(({ value }) => value !== undefined)
      .map((option) => {
        const verb = name === "*" ? "*" : `"${name}"`;
        return `${verb}" ${option.long}") ${command(kindOf(option), option.choices)}; return ;;`;
      }),
  );
}

function bashScript(program: ProgramDescription): string {
  const name = functionName(program);
  const command = (kind: Kind, choices: readonly string[]) =>
    ({
      words: `mapfile -t COMPREPLY < <(compgen -W '${choices.join(" ")}' -- "$word")`,
      files: `compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$word")`,
      directories: `compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$word")`,
      nothing: ":",
    })[kind];
  const options = ["", ...program.verbs.map((verb) => verb.name)].map((verb) => {
    const own = program.verbs.find((each) => each.name === verb)?.options ?? [];
    const words = [...new Set(flagsOf([...own, ...program.options]))].join(" ");
    return `      "${verb}") words='${words}' ;;`;
  });
  const verbs = program.verbs.map((verb) => {
    const choices = verb.arguments[0]?.choices ?? [];
    return `    "${verb.name}") ${command(argumentKind(verb), choices)} ;;`;
  });
  return `# Completion of ${program.name} for bash.
${name}() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} verb= words= index
  COMPREPLY=()
  # The shell takes --option=value for three words.
  if [[ $previous == = ]]; then previous=\${COMP_WORDS[COMP_CWORD-2]}; fi
  if [[ $word == = ]]; then word=; fi
  for ((index = 1; index < COMP_CWORD; index++)); do
    case \${COMP_WORDS[index]} in
    ${valued(program)}) ((index++)) ;;
    -*) ;;
    *) verb=\${COMP_WORDS[index]}; break ;;
    esac
  done
  case "$verb $previous" in
    ${valueCases(program, command).join("\n    ")}
  esac
  if [[ $word == -* ]]; then
    case $verb in
${options.join("\n")}
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    return
  fi
  case $verb in
    "") ${command("words", [...program.verbs.map((verb) => verb.name), "help"])} ;;
${verbs.join("\n")}
  esac
}
complete -F ${name} ${program.name}
`;
}

function zshScript(program: ProgramDescription): string {
  const name = functionName(program);
  const command = (kind: Kind, choices: readonly string[]) =>
    ({
      words: `compadd -- ${choices.join(" ")}`,
      files: "_files",
      directories: "_files -/",
      nothing: ":",
    })[kind];
  const described = (options: readonly OptionDescription[]) =>
    options.map(({ long, description }) => `      ${zshPair(long, description)}`).join("\n");
  const options = program.verbs.map(
    (verb) => `    "${verb.name}") words_=(\n${described(verb.options)}\n    ) ;;`,
  );
  const verbs = program.verbs.map((verb) => {
    const choices = verb.arguments[0]?.choices ?? [];
    return `    "${verb.name}") ${command(argumentKind(verb), choices)} ;;`;
  });
  return `#compdef ${program.name}
# Completion of ${program.name} for zsh.
${name}() {
  local word=$words[CURRENT] previous=$words[CURRENT-1] verb= index
  local -a words_
  if [[ $word == --*=* ]]; then
    previous=\${word%%=*}
    compset -P '*='
  fi
  for ((index = 2; index < CURRENT; index++)); do
    case $words[index] in
    ${valued(program)}) ((index++)) ;;
    -*) ;;
    *) verb=$words[index]; break ;;
    esac
  done
  case "$verb $previous" in
    ${valueCases(program, command).join("\n    ")}
  esac
  if [[ $word == -* ]]; then
    case $verb in
    "") words_=(
${described(program.options)}
    ) ;;
${options.join("\n")}
    esac
    _describe -o option words_
    return
  fi
  case $verb in
    "") words_=(
${program.verbs.map((verb) => `      ${zshPair(verb.name, verb.summary)}`).join("\n")}
    ); _describe verb words_ ;;
${verbs.join("\n")}
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then ${name} "$@"; else compdef ${name} ${program.name}; fi
`;
}

function zshPair(word: string, description: string): string {
  return shellQuote(`${word}:${description.replaceAll(":", "\\:")}`);
}

function fishScript(program: ProgramDescription): string {
  const { name } = program;
  const verbOf = `_${functionName(program)}_verb`;
  const rest = (kind: Kind, choices: readonly string[]) =>
    ({
      words: ` --exclusive --arguments ${fishQuote(choices.join(" "))}`,
      files: " --require-parameter --force-files",
      directories: " --exclusive --arguments '(__fish_complete_directories)'",
      nothing: " --exclusive",
    })[kind];
  const option = (condition: string, each: OptionDescription) => {
    const flags = `--long-option ${each.long.slice(2)}${each.short === undefined ? "" : ` --short-option ${each.short.slice(1)}`}`;
    const value = each.value === undefined ? "" : rest(kindOf(each), each.choices);
    return `complete --command ${name}${condition} ${flags}${value} --description ${fishQuote(each.description)}`;
  };
  const lines = program.verbs.flatMap((verb) => {
    const condition = ` --condition ${fishQuote(`string match --quiet -- ${verb.name} (${verbOf})`)}`;
    const kind = argumentKind(verb);
    const words = verb.arguments[0]?.choices ?? [];
    const argument =
      kind === "files"
        ? [`complete --command ${name}${condition} --force-files`]
        : kind === "words"
          ? [`complete --command ${name}${condition} --arguments ${fishQuote(words.join(" "))}`]
          : [];
    const begin = `complete --command ${name} --condition ${fishQuote(`not ${verbOf} >/dev/null`)}`;
    return [
      `${begin} --arguments ${verb.name} --description ${fishQuote(verb.summary)}`,
      ...verb.options.map((each) => option(condition, each)),
      ...argument,
    ];
  });
  const withValue = program.options.filter(({ value }) => value !== undefined);
  return `# Completion of ${name} for fish.
function ${verbOf} --description 'The verb on the command line of ${name}'
  set --local words (commandline --tokenize --cut-at-cursor --current-process)
  set --erase words[1]
  while set --query words[1]
    switch $words[1]
      case ${flagsOf(withValue).join(" ")}
        set --erase words[1]
      case '-*'
      case '*'
        echo $words[1]
        return 0
    end
    set --erase words[1]
  end
  return 1
end
complete --command ${name} --no-files
${program.options
  .filter(({ long }) => long !== "--help")
  .map((each) => option("", each))
  .join("\n")}
${lines.join("\n")}
`;
}

function fishQuote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

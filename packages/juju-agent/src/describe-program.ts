import type { CommandUnknownOpts } from "@commander-js/extra-typings";

/** An option of a verb, or of all of them. */
export interface OptionDescription {
  /** Such as `--format`. */
  readonly long: string;
  readonly short?: string;
  /** Name of the value; undefined for a switch. */
  readonly value?: string;
  readonly choices: readonly string[];
  readonly description: string;
}

/** A word after a verb. */
export interface ArgumentDescription {
  /** Such as `<archive>` or `[pairs...]`. */
  readonly usage: string;
  readonly name: string;
  readonly choices: readonly string[];
  readonly description: string;
}

/** A verb. */
export interface VerbDescription {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly options: readonly OptionDescription[];
  readonly arguments: readonly ArgumentDescription[];
}

/** The command line, as its help describes it. */
export interface ProgramDescription {
  readonly name: string;
  readonly options: readonly OptionDescription[];
  readonly verbs: readonly VerbDescription[];
}

const HELP: OptionDescription = { long: "--help", short: "-h", choices: [], description: "print this help" };

/** Describes a program of commander. Pure. */
export function describeProgram(program: CommandUnknownOpts): ProgramDescription {
  return {
    name: program.name(),
    options: [...optionsOf(program), HELP],
    verbs: program.commands.map((verb) => ({
      name: verb.name(),
      summary: verb.summary(),
      description: verb.description(),
      options: [...optionsOf(verb), HELP],
      arguments: verb.registeredArguments.map((argument) => {
        const name = argument.name();
        const named = `${name}${argument.variadic ? "..." : ""}`;
        return {
          name,
          usage: argument.required ? `<${named}>` : `[${named}]`,
          choices: argument.argChoices ?? [],
          description: argument.description,
        };
      }),
    })),
  };
}

function optionsOf(command: CommandUnknownOpts): readonly OptionDescription[] {
  return command.options.map(({ argChoices, description, flags, long, short }) => {
    const [, value] = /[<[]([^>\]]+)[>\]]/.exec(flags) ?? [];
    return {
      long: long ?? "",
      ...(short === undefined ? {} : { short }),
      ...(value === undefined ? {} : { value }),
      choices: argChoices ?? [],
      description,
    };
  });
}

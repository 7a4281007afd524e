import { Argument } from "@commander-js/extra-typings";
import { completionScript, SHELLS } from "../completion.ts";
import type { ProgramDescription } from "../describe-program.ts";
import type { Verbs } from "./command.ts";

/** Adds the verb that prints completion scripts. @param describe the whole program */
export function addCompletion({ add, run, product }: Verbs, describe: () => ProgramDescription): void {
  add("completion", "Print a script that completes verbs, options and values in a shell")
    .description(
      "Prints a script that completes verbs, options and values in a shell. For bash: " +
        `${product.name} completion bash >/etc/bash_completion.d/${product.name}. For zsh: the same into _${product.name} in a ` +
        `directory of fpath. For fish: into ~/.config/fish/completions/${product.name}.fish.`,
    )
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .action((shell) =>
      run(({ report }) => {
        const script = completionScript(shell, describe());
        report({ shell, script }, script);
        return Promise.resolve(0);
      }),
    );
}

/** What a person asks of the demo. */
export type DemoCommand =
  | { readonly verb: "run"; readonly keep: boolean }
  | { readonly verb: "job"; readonly script: string }
  | { readonly verb: "down" }
  | { readonly verb: "help" };

export const HELP = `Usage: npm run demo                       run the demo and clean up after it
       npm run demo -- --keep             leave the runners up
       npm run demo -- job "<commands>"   run a job on a kept demo
       npm run demo -- down               take a kept demo away
`;

/**
 * Reads the words behind `npm run demo --`.
 *
 * @throws Error that names the word which is not understood.
 */
export function readDemoCommand(words: readonly string[]): DemoCommand {
  const [verb, ...rest] = words;
  if (verb === "job") {
    const script = rest.join(" ").trim();
    if (script === "") throw new Error('Cannot queue a job without commands; for example: job "echo hi"');
    return { verb: "job", script };
  }
  if (words.some((word) => ["help", "--help", "-h"].includes(word))) return { verb: "help" };
  const unknown = (verb === "down" ? rest : words).find((word) => word !== "--keep" || verb === "down");
  if (unknown !== undefined) throw new Error(`Cannot understand '${unknown}'\n\n${HELP.trimEnd()}`);
  return verb === "down" ? { verb: "down" } : { verb: "run", keep: words.includes("--keep") };
}

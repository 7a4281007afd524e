import { readFile } from "node:fs/promises";
import { checkPackage, createPackageFromTarballData, type Problem } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

/**
 * Finds what would trouble users of a packed package: types that do not match the code (arethetypeswrong), and files or
 * fields that tools do not understand (publint).
 */
export async function faultsOfTarball(path: string): Promise<readonly string[]> {
  const tarball = Uint8Array.from(await readFile(path));
  const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer }, strict: true });
  const faults = messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code);
  // A package of programs alone has nothing that is imported.
  return pkg["exports"] === undefined ? faults : [...faults, ...(await faultsOfTypes(tarball))];
}

async function faultsOfTypes(tarball: Uint8Array): Promise<readonly string[]> {
  const result = await checkPackage(createPackageFromTarballData(tarball));
  if (!result.types) return ["types: there are none"];
  return result.problems.filter((problem) => !isOfCommonJS(problem)).map(describe);
}

/**
 * The packages are ES modules alone. CommonJS programs `require` them, which every supported Node.js can; resolution of
 * the time before `exports` finds nothing, as is meant.
 */
function isOfCommonJS(problem: Problem): boolean {
  if ("resolutionOption" in problem) return problem.resolutionOption === "node10";
  if (!("resolutionKind" in problem)) return false;
  return problem.resolutionKind === "node10" || problem.resolutionKind === "node16-cjs";
}

function describe(problem: Problem): string {
  const { kind, ...facts } = problem;
  return `types: ${kind} ${JSON.stringify(facts)}`;
}

import { join } from "node:path";
import { diagnose, exitCodeOf, renderFindings } from "./doctor/diagnose.ts";
import { readFacts } from "./doctor/read-facts.ts";
import { npmCommand } from "./npm-command.ts";

const { json } = npmCommand(
  "doctor",
  "Reports what this machine lacks for which commands and tests; exits with 1 if anything is missing.",
)
  .option("--json", "print the findings as JSON", false)
  .parse()
  .opts<{ readonly json: boolean }>();
const findings = diagnose(readFacts(join(import.meta.dirname, "..")));
process.stdout.write(json ? `${JSON.stringify(findings, undefined, 2)}\n` : renderFindings(findings));
process.exitCode = exitCodeOf(findings);

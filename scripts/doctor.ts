import { join } from "node:path";
import { diagnose, exitCodeOf, renderFindings } from "./doctor/diagnose.ts";
import { readFacts } from "./doctor/read-facts.ts";

/** `node scripts/doctor.ts [--json]`: reports what is missing for which commands and tests; exits with 1 if anything is. */
const [option, ...more] = process.argv.slice(2);
if (more.length > 0 || (option !== undefined && option !== "--json")) {
  process.stderr.write("Usage: npm run doctor -- [--json]\n");
  process.exitCode = 2;
} else {
  const findings = diagnose(readFacts(join(import.meta.dirname, "..")));
  process.stdout.write(option ? `${JSON.stringify(findings, undefined, 2)}\n` : renderFindings(findings));
  process.exitCode = exitCodeOf(findings);
}

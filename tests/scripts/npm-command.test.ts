import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";

const ROOT = join(import.meta.dirname, "../..");

/** Commands of `npm run` whose words a program of ours reads. */
const COMMANDS: readonly (readonly [name: string, file: string])[] = [
  ["agent:pack", "scripts/agent/pack.ts"],
  ["bench", "tests/bench/main.ts"],
  ["demo", "tests/demo/main.ts"],
  ["doctor", "scripts/doctor.ts"],
  ["packages:build", "scripts/packages/build.ts"],
  ["packages:check", "scripts/packages/check.ts"],
  ["release", "scripts/packages/release.ts"],
  ["release:files", "scripts/release-files.ts"],
  ["release:key", "scripts/release-key.ts"],
  ["simulate", "tests/simulation/main.ts"],
  ["transcript", "tests/transcript/main.ts"],
  ["watch", "scripts/watch.ts"],
];

describe("npmCommand()", function () {
  this.timeout(180_000);
  const run = (file: string, ...words: readonly string[]) =>
    spawnSync(process.execPath, [join(ROOT, file), ...words], { encoding: "utf8", cwd: ROOT });

  for (const [name, file] of COMMANDS) {
    it(`lets ${name} print its help, and refuse an option that it does not know, before it does anything`, () => {
      const help = run(file, "--help");
      expect(help).to.include({ status: 0, stderr: "" });
      expect(help.stdout).to.match(new RegExp(`^Usage: npm run ${name} -- `));
      const wrong = run(file, "--nosuch");
      expect(wrong).to.include({ status: 2, stdout: "" });
      expect(wrong.stderr).to.match(/^error: unknown option '--nosuch'/);
    });
  }
});

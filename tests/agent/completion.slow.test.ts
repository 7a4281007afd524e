import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { SHELLS, type Shell } from "../../packages/juju-agent/src/completion.ts";

const MAIN = join(import.meta.dirname, "../../packages/juju-agent/src/main.ts");
const ENSURE = join(import.meta.dirname, "../support/shells/ensure-shells.sh");

/** What a person types before the tab, and the words that follow. */
const CASES: readonly (readonly [line: string, words: readonly string[]])[] = [
  ["juju-agent sta", ["status"]],
  ["juju-agent --state /tmp --quiet xyz", []],
  ["juju-agent --state /tmp --quiet unin", ["uninstall"]],
  ["juju-agent grant", ["grant-secret"]],
  ["juju-agent status --f", ["--format"]],
  ["juju-agent status --format t", ["tabular"]],
  ["juju-agent wait --for b", ["blocked"]],
  ["juju-agent fire-hook upgr", ["upgrade-charm"]],
  ["juju-agent completion z", ["zsh"]],
  ["juju-agent deploy tin", ["tiny.charm"]],
  ["juju-agent deploy tiny.charm --config val", ["values.yaml"]],
  ["juju-agent --state sta", ["state/"]],
  ["juju-agent remove sta", []],
];

/** The shells of the distribution, which the test installs where it may. */
describe("the agent's completion", function () {
  this.timeout(180_000);
  let directory: string;

  before(function () {
    this.timeout(900_000);
    const { status, stderr } = spawnSync("sh", [ENSURE], { encoding: "utf8" });
    if (status === 3) this.skip();
    if (status !== 0) throw new Error(`The shells cannot be made ready: ${stderr}`);
    directory = mkdtempSync(join(tmpdir(), "completion-"));
    for (const name of ["tiny.charm", "values.yaml"]) writeFileSync(join(directory, name), "");
    spawnSync("mkdir", [join(directory, "state")]);
    for (const shell of SHELLS) {
      const { stdout } = spawnSync(process.execPath, [MAIN, "completion", shell], { encoding: "utf8" });
      writeFileSync(join(directory, `completion.${shell}`), stdout);
    }
  });
  after(() => {
    if (directory) rmSync(directory, { recursive: true });
  });

  const run = (shell: Shell, script: string, ...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(shell, [...args, "-c", script], {
      cwd: directory,
      encoding: "utf8",
      env: { PATH: process.env["PATH"], HOME: directory, LANG: "C.UTF-8" },
    });
    expect({ status, stderr }, script).to.deep.equal({ status: 0, stderr: "" });
    return stdout;
  };

  for (const shell of SHELLS)
    it(`is a script that ${shell} reads without a word`, () => {
      expect(
        run(
          shell,
          `source ./completion.${shell}`.replace(
            "source",
            shell === "zsh" ? "autoload -Uz compinit; compinit -D -u; source" : "source",
          ),
        ),
      ).to.equal("");
    });

  for (const [line, words] of CASES)
    it(`completes "${line}" in bash`, () => {
      const typed = line.split(" ");
      const script = `source ./completion.bash
compopt() { :; }
COMP_WORDS=(${typed.join(" ")}); COMP_CWORD=${typed.length - 1}
_juju_agent
printf '%s\\n' "\${COMPREPLY[@]}"`;
      const answered = run("bash", script)
        .split("\n")
        .filter((word) => word !== "");
      expect(answered).to.deep.equal(words.map((word) => word.replace(/\/$/, "")));
    });

  for (const [line, words] of CASES)
    it(`completes "${line}" in fish`, () => {
      const answered = run(
        "fish",
        `source ./completion.fish; complete --do-complete '${line}'`,
        "--no-config",
      )
        .split("\n")
        .filter((word) => word !== "")
        .map((word) => word.split("\t")[0] ?? "");
      expect(answered).to.deep.equal(words);
    });

  it("completes in zsh, on a terminal", async () => {
    // A function of the program's name shows what the shell has made of each line.
    writeFileSync(
      join(directory, ".zshrc"),
      `unsetopt beep prompt_cr prompt_sp; PS1=; PS2=
autoload -Uz compinit; compinit -D -u
zstyle ':completion:*' insert-tab false
source ./completion.zsh
juju-agent() { print -r -- "GOT<$*>" }
print READY
`,
    );
    const child = spawn("script", ["-qec", "zsh -i", "/dev/null"], {
      cwd: directory,
      env: { PATH: process.env["PATH"], HOME: directory, TERM: "dumb", LANG: "C.UTF-8", SHELL: "/bin/sh" },
    });
    let output = "";
    const lines = [...CASES];
    const got: string[] = [];
    const typeNext = () => {
      const [line] = lines.shift() ?? ["exit"];
      child.stdin.write(line === "exit" ? "exit\n" : `${line}\t\n`);
    };
    for await (const chunk of child.stdout.setEncoding("utf8")) {
      output += chunk as string;
      const answers = [...output.matchAll(/^GOT<(.*)>\r?$/gm)].map(([, words = ""]) => words.trim());
      if (output.includes("READY") && got.length === answers.length && lines.length === CASES.length)
        typeNext();
      while (got.length < answers.length) {
        got.push(answers[got.length] ?? "");
        typeNext();
      }
    }
    const expected = CASES.map(([line, words]) => {
      const [word] = words;
      const typed = line.split(" ").slice(1);
      // A slash at the end of a line is not needed, and taken away again.
      return [...typed.slice(0, -1), word?.replace(/\/$/, "") ?? typed.at(-1)].join(" ");
    });
    expect(got, output).to.deep.equal(expected);
  });
});

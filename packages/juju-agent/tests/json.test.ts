import { expect } from "chai";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createProgram } from "../src/command-line.ts";
import { completionScript, SHELLS } from "../src/completion.ts";
import { EXIT_CODES } from "../src/exit-codes.ts";
import { terminalOf } from "../src/terminal.ts";
import { runAgent } from "./run-agent.ts";
import { packCharm } from "./tiny-charm.ts";

const described = () =>
  createProgram({
    product: { name: "juju-agent", version: "1" },
    print: () => undefined,
    printError: () => undefined,
    run: () => Promise.resolve(),
  }).describe();

describe("--json", function () {
  this.timeout(300_000);
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "agent-json-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));
  const agent = (...argv: string[]) => runAgent(join(directory, "state"), ...argv);
  /** The only thing on the standard output. */
  const ask = async (...argv: string[]) => {
    const { code, stdout, stderr } = await agent(...argv, "--json");
    expect(stdout.split("\n"), `${argv.join(" ")}: ${stderr}`).to.have.lengthOf(2);
    return { code, answer: JSON.parse(stdout) as unknown };
  };

  it("is an option of every verb", () => {
    const { verbs } = described();
    expect(verbs.length).to.be.greaterThan(20);
    for (const { name, options } of verbs)
      expect(
        options.map(({ long }) => long),
        name,
      ).to.include.members(["--json", "--help"]);
  });

  it("makes each verb's answer one object, from deploy to remove", async () => {
    const archive = await packCharm(
      join(directory, "tiny.charm"),
      "case $JUJU_DISPATCH_PATH in actions/greet) action-set said=hi;; actions/fail) action-fail no;; hooks/own) echo own; echo bad >&2;; hooks/start) status-set active ready;; esac",
    );
    const answers: readonly (readonly [argv: string[], code: number, answer: unknown])[] = [
      [["status"], 0, { model: { name: "standalone", uuid: "" }, applications: {} }],
      [["deploy", archive], 0, { unit: "tiny/0" }],
      [
        ["config", "number"],
        0,
        { settings: { number: { default: 3, description: "", source: "default", type: "int", value: 3 } } },
      ],
      [["config", "number=4"], 0, {}],
      [["model-config", "juju-http-proxy=http://proxy"], 0, {}],
      [["add-secret", "s", "key=value"], 0, undefined],
      [["grant-secret", "s", "tiny"], 0, {}],
      [["revoke-secret", "s", "tiny"], 0, {}],
      [["update-secret", "s", "key=other"], 0, {}],
      [["remove-secret", "s"], 0, {}],
      [["secrets"], 0, {}],
      [
        ["run", "greet"],
        0,
        { "tiny/0": { id: "1", results: { said: "hi", "return-code": 0 }, status: "completed" } },
      ],
      [["run", "fail"], 1, undefined],
      [
        ["exec", "--", "echo out; echo err >&2; exit 7"],
        7,
        { unit: "tiny/0", "return-code": 7, stdout: "out\n", stderr: "err\n" },
      ],
      [["dispatch-event", "own"], 0, { unit: "tiny/0", "return-code": 0, stdout: "own\n", stderr: "bad\n" }],
      [["update-status"], 0, {}],
      [["fire-hook", "config-changed"], 0, {}],
      [["resolve"], 0, {}],
      [["refresh", archive], 0, {}],
      [
        ["wait", "--timeout", "1s"],
        0,
        { unit: "tiny/0", outcome: "reached", current: "active", message: "ready" },
      ],
      [["wait", "--for", "blocked", "--timeout", "0s"], 4, undefined],
      [["debug-log", "--lines", "0"], 0, { lines: [] }],
      [["remove"], 0, { application: "tiny" }],
      [
        ["remove"],
        1,
        {
          error: {
            code: "agent-request",
            message: "Cannot choose the application: there is none, deploy one first",
          },
        },
      ],
    ];
    for (const [argv, code, answer] of answers) {
      // What follows the dashes is the command's own.
      const [verb = "", ...words] = argv;
      const got = argv.includes("--")
        ? await agent(verb, "--json", ...words).then(({ code: ended, stdout }) => ({
            code: ended,
            answer: JSON.parse(stdout) as unknown,
          }))
        : await ask(...argv);
      expect(got.code, argv.join(" ")).to.equal(code);
      if (answer !== undefined) expect(got.answer, argv.join(" ")).to.deep.equal(answer);
      if (code === 1) expect(JSON.stringify(got.answer)).to.match(/"error":|"status":"failed"/);
    }
  });

  it("leaves the standard output empty for wrong use", async () => {
    expect(await agent("status", "--json", "--colour")).to.include({ code: 2, stdout: "" });
  });
});

describe("the agent's help", () => {
  it("lists every exit code", async () => {
    const { stdout } = await runAgent("/nowhere", "--help");
    for (const { code, meaning } of EXIT_CODES) expect(stdout).to.contain(`  ${code}  ${meaning}\n`);
  });
});

describe("completionScript()", () => {
  for (const shell of SHELLS)
    it(`has every verb and option in the script for ${shell}`, () => {
      const program = described();
      const script = completionScript(shell, program);
      for (const { name, options } of program.verbs) {
        expect(script).to.contain(name);
        for (const { long, choices } of options)
          for (const word of [long.slice(2), ...choices]) expect(script, name).to.contain(word);
      }
      expect(script).not.to.match(/undefined|\[object/);
    });

  it("is what the verb prints, also for a program of another name", async () => {
    const { stdout } = await runAgent("/nowhere", "completion", "bash");
    expect(stdout).to.equal(completionScript("bash", described()));
    const other = { ...described(), name: "github-runner-agent" };
    expect(completionScript("bash", other)).to.contain(
      "complete -F _github_runner_agent github-runner-agent",
    );
  });
});

describe("terminalOf()", () => {
  const streams = (isTTY: boolean | undefined) =>
    ({ stdin: {}, stdout: { isTTY, columns: 100, rows: 30 } }) as unknown as Parameters<typeof terminalOf>[0];

  it("has colours on a terminal alone, and where nobody asks for none", () => {
    const colours = (isTTY: boolean | undefined, env: Readonly<Record<string, string>>) =>
      terminalOf(streams(isTTY), { TERM: "xterm", ...env }).hasColour;
    expect(colours(true, {})).to.equal(true);
    expect(colours(true, { NO_COLOR: "" })).to.equal(true);
    expect(colours(true, { NO_COLOR: "0" })).to.equal(false);
    expect(colours(true, { TERM: "dumb" })).to.equal(false);
    expect(colours(undefined, {})).to.equal(false);
  });

  it("has a size on a terminal alone, and knows what its locale can show", () => {
    expect(terminalOf(streams(true), {}).size()).to.deep.equal({ columns: 100, rows: 30 });
    expect(terminalOf(streams(undefined), {}).size()).to.equal(undefined);
    expect(terminalOf(streams(true), { LANG: "C" }).hasUnicode).to.equal(false);
    expect(terminalOf(streams(true), { LC_ALL: "en_GB.UTF-8", LANG: "C" }).hasUnicode).to.equal(true);
  });
});

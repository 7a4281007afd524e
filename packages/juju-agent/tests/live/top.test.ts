import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Terminal } from "../../src/terminal.ts";
import { MAIN, runAgent, runAgentWith } from "../run-agent.ts";
import { packCharm } from "../tiny-charm.ts";
import { LiveProgram, sampleView } from "./live-program.ts";

/** A terminal of a test, with what was drawn on it. */
class FakeTerminal implements Terminal {
  readonly hasColour = false;
  readonly hasUnicode = true;
  drawn = "";
  columns = 80;
  isAttended = false;
  press: (key: string) => void = () => undefined;
  resize: () => void = () => undefined;
  #told = Promise.withResolvers<undefined>();

  readonly size = () => ({ columns: this.columns, rows: 24 });
  readonly attend = (onKey: (key: string) => void, onResize: () => void) => {
    [this.press, this.resize, this.isAttended] = [onKey, onResize, true];
    return () => (this.isAttended = false);
  };

  readonly print = (text: string) => {
    this.drawn += text;
    this.#told.resolve(undefined);
    this.#told = Promise.withResolvers();
  };

  /** The last picture, line by line. */
  get picture(): readonly string[] {
    // eslint-disable-next-line no-control-regex -- movements begin with a control character
    return (this.drawn.split("\u001b[H").at(-1) ?? "").replaceAll(/\x1b\[\??\d*[A-Za-z]/g, "").split("\r\n");
  }

  async shows(text: string): Promise<void> {
    while (!this.picture.join("\n").includes(text)) await this.#told.promise;
  }
}

describe("a unit's live view", function () {
  this.timeout(120_000);
  let directory: string;
  let program: LiveProgram;
  const state = () => join(directory, "state");
  const socket = () => join(directory, "live.sock");
  const agent = (...argv: string[]) => runAgent(state(), ...argv);

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "agent-top-"));
    const declare = `printf '{"socket": "%s"}' ${socket()} >"$CHARM_LIVE_VIEW_FILE"; status-set active ready`;
    const archive = await packCharm(join(directory, "tiny.charm"), declare);
    program = await LiveProgram.start(socket(), sampleView(Date.now()));
    expect(await agent("deploy", archive, "--quiet")).to.include({ code: 0 });
  });
  afterEach(async () => {
    await program.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it("is part of status, as text and as JSON", async () => {
    const { stdout } = await agent("status");
    expect(stdout).to.match(
      /\ntiny\/0\n✖ 3 of 4 runners: 2 busy, 1 idle\n {2}✖ Failed once: .*\(again in [^)]+\)\n$/,
    );
    const { stdout: json } = await agent("status", "--json");
    const status = JSON.parse(json) as { applications: { tiny: { units: { "tiny/0": { live: unknown } } } } };
    expect(status.applications.tiny.units["tiny/0"].live).to.include({ tone: "problem" });
  });

  it("is missing in status, and nothing else, when the program does not respond", async () => {
    await program.stop();
    const { code, stdout } = await agent("status");
    expect(code).to.equal(0);
    expect(stdout).to.contain("tiny/0*  active").and.not.to.contain("runners");
    program = await LiveProgram.start(socket(), "no view");
    expect((await agent("status", "--json")).stdout).not.to.contain('"live"');
  });

  it("is printed once by top, where the output is no terminal, and as JSON", async () => {
    const { code, stdout } = await agent("top");
    expect(code).to.equal(0);
    expect(stdout)
      .to.match(/▶ busy 1\dm tiny-0-aaaa/)
      .and.not.to.contain("\u001b");
    const { stdout: json } = await agent("top", "--json");
    expect(JSON.parse(json)).to.have.nested.property("applications.tiny.units.tiny/0.live.summary");
  });

  it("is redrawn by top at each change, each new size, and when the program comes again, until q", async () => {
    const terminal = new FakeTerminal();
    const ended = runAgentWith(state(), { terminal, print: terminal.print }, "top");
    await terminal.shows("3 of 4 runners");
    expect(terminal.picture.length).to.be.at.most(24);
    program.show(sampleView(Date.now(), { summary: "4 of 4 runners", tone: "good" }));
    await terminal.shows("○ 4 of 4 runners");
    terminal.columns = 12;
    terminal.resize();
    await terminal.shows("○ 4 of 4 ru…");
    terminal.columns = 80;
    await program.stop();
    await terminal.shows("the unit's program does not respond");
    expect(terminal.picture[0]).to.contain("tiny/0  active  ready");
    program = await LiveProgram.start(socket(), sampleView(Date.now(), { summary: "back again" }));
    await terminal.shows("back again");
    terminal.press("x");
    expect(terminal.isAttended).to.equal(true);
    terminal.press("q");
    expect((await ended).code).to.equal(0);
    expect(terminal.isAttended).to.equal(false);
    expect(terminal.drawn.startsWith("\u001b[?1049h\u001b[?25l")).to.equal(true);
    expect(terminal.drawn.endsWith("\u001b[?25h\u001b[?1049l")).to.equal(true);
  });

  for (const [title, environment, hasColour] of [
    ["with colours", {}, true],
    ["without colours with NO_COLOR", { NO_COLOR: "1" }, false],
  ] as const)
    it(`is drawn on a real terminal ${title}, which is as before afterwards`, async () => {
      const command = `stty cols 80 rows 24; ${process.execPath} ${MAIN} --state ${state()} top; echo "code $?"`;
      const child = spawn("script", ["-qec", command, "/dev/null"], {
        env: { PATH: process.env["PATH"], TERM: "xterm", LANG: "C.UTF-8", SHELL: "/bin/sh", ...environment },
      });
      let output = "";
      child.stdout.setEncoding("utf8");
      for await (const chunk of child.stdout) {
        output += chunk as string;
        if (output.includes("tiny-0-cccc") && child.stdin.writable) child.stdin.end("q");
      }
      if (child.exitCode === null) await once(child, "exit");
      expect(output).to.contain("3 of 4 runners");
      expect(output.includes("\u001b[31m")).to.equal(hasColour);
      expect(output.split("\u001b[?1049l").at(-1)?.trim()).to.equal("code 0");
    });
});

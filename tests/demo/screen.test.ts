import { expect } from "chai";
import { renderJobOutput } from "./job-output.ts";
import { Screen } from "./screen.ts";

describe("Screen", () => {
  function shown(hasColours: boolean) {
    let text = "";
    let now = 0;
    const output = { write: (more: string) => (text += more), isTerminal: false, hasColours };
    const screen = new Screen(output, () => now);
    return { screen, text: () => text, advance: (ms: number) => (now += ms) };
  }

  it("puts the seconds since the start before each line", () => {
    const { screen, text, advance } = shown(false);
    screen.heading("LXD");
    screen.line("LXD answers");
    advance(12_340);
    screen.success("online");
    screen.text(["| hello", ""]);
    expect(text()).to.equal("\nLXD\n  0.0 s  LXD answers\n 12.3 s  online\n         | hello\n\n");
  });

  it("has no control characters where there are no colours", () => {
    const { screen, text } = shown(false);
    screen.heading("LXD");
    screen.success("online");
    screen.problem("broken");
    screen.close();
    expect(text()).to.not.include("\u001b");
  });

  it("colours for a terminal that has colours", () => {
    const { screen, text } = shown(true);
    screen.success("online");
    expect(text()).to.include("\u001b[32monline\u001b[0m");
  });
});

describe("renderJobOutput()", () => {
  it("marks steps and takes timestamps away", () => {
    const log =
      "2026-11-25T03:39:10.0000000Z ##[group]Run echo hi\n2026-11-25T03:39:10.0000000Z hi\n2026-11-25T03:39:10.0000000Z \n";
    expect(renderJobOutput(log)).to.deep.equal(["> Run echo hi", "| hi", "| "]);
  });
});

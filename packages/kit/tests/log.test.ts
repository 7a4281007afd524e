import { expect } from "chai";
import { createLogger, renderLine, silentLogger } from "../src/log.ts";
import { Redactor } from "../src/redactor.ts";

describe("renderLine()", () => {
  const rows: readonly (readonly [string, Parameters<typeof renderLine>, string])[] = [
    ["a message alone", ["Reconciling"], "Reconciling"],
    ["a message without fields", ["Reconciling", {}], "Reconciling"],
    [
      "fields in their order",
      ["Made", { runner: "r-1", seconds: 2.5, again: false }],
      "Made runner=r-1 seconds=2.5 again=false",
    ],
    ["no field without value", ["Made", { runner: undefined, count: 0 }], "Made count=0"],
    ["quotes around what has spaces", ["Failed", { reason: "no answer" }], 'Failed reason="no answer"'],
    ["quotes around nothing", ["Failed", { reason: "" }], 'Failed reason=""'],
    [
      "no quotes around paths and addresses",
      ["Asked", { url: "https://a.b:1/c-d_e@f+g" }],
      "Asked url=https://a.b:1/c-d_e@f+g",
    ],
    [
      "one line whatever the values hold",
      ["Failed", { reason: 'two\nlines "quoted"' }],
      'Failed reason="two\\nlines \\"quoted\\""',
    ],
    [
      "no second field out of a value",
      ["Failed", { reason: "a level=ERROR" }],
      'Failed reason="a level=ERROR"',
    ],
  ];
  for (const [title, parameters, line] of rows) {
    it(`renders ${title}`, () => {
      expect(renderLine(...parameters)).to.equal(line);
    });
  }
});

describe("createLogger()", () => {
  function collect(scrub = (text: string) => text) {
    const lines: string[] = [];
    return { lines, log: createLogger((level, line) => lines.push(`${level} ${line}`), scrub) };
  }

  it("gives each line its level, as juju-log names it", () => {
    const { lines, log } = collect();
    log.debug("one");
    log.info("two", { count: 2 });
    log.warning("three");
    log.error("four");
    expect(lines).to.deep.equal(["DEBUG one", "INFO two count=2", "WARNING three", "ERROR four"]);
  });

  it("scrubs messages and values, quoted ones too", () => {
    const redactor = new Redactor();
    redactor.add('pass "word"');
    const { lines, log } = collect((text) => redactor.scrub(text));
    log.error('Cannot use pass "word"', { value: 'pass "word"' });
    expect(lines).to.deep.equal(['ERROR Cannot use [redacted] value="[redacted]"']);
  });

  it("silentLogger says nothing and takes everything", () => {
    expect(() => {
      silentLogger.error("unheard", { of: 1 });
    }).to.not.throw();
  });
});

import { expect } from "chai";
import { lastLines } from "../src/last-lines.ts";

const BOUNDS = { lines: 3, characters: 40 };

describe("lastLines()", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["joins the last lines that are not empty", "a\nb\n\n  c \nd\n", "b | c | d"],
    [
      "drops colours, movements and carriage returns",
      "\u001b[31mred\u001b[0m\u001b(B\r\n\u001b[?25lx",
      "red | x",
    ],
    ["collapses blanks and tabs", "a \t  b", "a b"],
    ["marks what is no printable ASCII", "at \u0007line é\u202e", "at ?line ??"],
    ["keeps the end of what is long", "x".repeat(50) + "end", "x".repeat(37) + "end"],
    ["gives nothing for nothing", "\n \r\n", ""],
  ];
  for (const [title, text, said] of cases) {
    it(title, () => {
      expect(lastLines(text, BOUNDS)).to.equal(said);
    });
  }
});

import { expect } from "chai";
import { array, assert, nat, property, record as recordOf, string } from "fast-check";
import { drawRecording, withShortPauses } from "./draw-recording.ts";
import { record } from "./recording.ts";
import { soon } from "../../support/patience.ts";

const draw = (lines: readonly { at: number; text: string }[], command = "npm run demo") =>
  drawRecording({ title: "A title", command, lines });
const textsOf = (svg: string) => [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);

describe("drawRecording()", () => {
  it("shows the command and each line, as they were printed", () => {
    const svg = draw([
      { at: 0, text: 'a <b> & "c"' },
      { at: 10, text: "" },
      { at: 20, text: "  d" },
    ]);
    expect(textsOf(svg)).to.deep.equal(["$ npm run demo", "a &lt;b&gt; &amp; &quot;c&quot;", "", "  d"]);
  });

  it("breaks lines that are wider than its terminal", () => {
    expect(textsOf(draw([{ at: 0, text: "x".repeat(250) }])).map((text) => text?.length)).to.deep.equal([
      14, 112, 112, 26,
    ]);
  });

  it("shows lines when they were printed, and all of them at once without movement", () => {
    const svg = draw([{ at: 1200, text: "later" }]);
    expect(svg).to.match(/animation-duration:1.2s" xml:space="preserve">later/);
    // Before it ends, the animation hides; where there is none, nothing does.
    expect(svg).to.contain("@keyframes wait{from,to{visibility:hidden}}");
    expect(svg).to.contain("@media(prefers-reduced-motion:reduce){text{animation-name:none}}");
    expect(svg).not.to.match(/<script|<text[^>]*(?:opacity|visibility)/);
  });

  it("contains no markup of what was printed, whatever it is", () => {
    assert(
      property(string({ unit: "binary" }), (text) => {
        const rest = draw([{ at: 0, text }], text).replaceAll(
          /<\/?(?:svg|title|style|rect|text)\b[^<>]*>/g,
          "",
        );
        expect(rest.replaceAll(/&(?:amp|lt|gt|quot);/g, "")).not.to.match(/[<&]/);
        // eslint-disable-next-line no-control-regex -- these may stand in no XML
        expect(rest).not.to.match(/[\u0000-\u0008\u000b-\u001f]/);
      }),
      { numRuns: 25 },
    );
  }).timeout(120_000);
});

describe("withShortPauses()", () => {
  it("cuts what nobody waits for, and keeps the order", () => {
    const lines = [
      { at: 100, text: "a" },
      { at: 60_000, text: "b" },
      { at: 60_050, text: "c" },
    ];
    expect(withShortPauses(lines).map(({ at }) => at)).to.deep.equal([100, 1600, 1650]);
  });

  it("never goes back in time", () => {
    assert(
      property(array(recordOf({ at: nat(), text: string() })), (lines) => {
        const times = withShortPauses(lines).map(({ at }) => at);
        expect(times).to.deep.equal(times.toSorted((left, right) => left - right));
      }),
    );
  });
});

describe("record()", () => {
  const run = (script: string) =>
    record({ file: "sh", args: ["-c", script], directory: "/", signal: soon() });

  it("has what a program prints, with its time", async () => {
    const lines = await run("echo one; echo two >&2; sleep 0.2; echo three");
    expect(lines.map(({ text }) => text)).to.have.members(["one", "two", "three"]);
    expect(lines.at(-1)?.text).to.equal("three");
    expect(lines.at(-1)?.at).to.be.greaterThan(190);
  });

  it("throws for a program that fails, so that no picture shows that", async () => {
    const failure = await run("echo why; exit 3").catch((thrown: unknown) => thrown);
    expect(failure)
      .to.be.instanceOf(Error)
      .and.have.property("message")
      .that.matches(/ended with 3:\nwhy/);
  });
});

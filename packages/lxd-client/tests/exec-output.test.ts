import { expect } from "chai";
import { OutputCollector } from "../src/exec-output.ts";
import { OutputLimitError } from "../src/index.ts";

const bytes = (text: string) => Buffer.from(text);

describe("OutputCollector", () => {
  it("joins characters that are split between chunks", () => {
    const collector = new OutputCollector("test", 100, "fail");
    const euro = bytes("€");
    collector.push(euro.subarray(0, 1));
    collector.push(euro.subarray(1));
    collector.end();
    expect(collector.text()).to.equal("€");
  });

  it("takes exactly its bound and not a byte more", () => {
    const collector = new OutputCollector("test", 3, "fail");
    collector.push(bytes("abc"));
    expect(() => {
      collector.push(bytes("d"));
    }).to.throw(OutputLimitError);
  });

  it("keeps the end of any amount, if that is asked for", () => {
    const collector = new OutputCollector("test", 5, "keep-end");
    for (let number = 0; number < 1000; number += 1) collector.push(bytes(`${number},`));
    collector.end();
    expect(collector.text()).to.equal(",999,");
  });
});

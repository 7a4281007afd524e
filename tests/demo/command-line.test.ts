import { expect } from "chai";
import { readDemoCommand } from "./command-line.ts";

describe("readDemoCommand()", () => {
  it("runs the demo and cleans up unless it is told to keep it", () => {
    expect(readDemoCommand([])).to.deep.equal({ verb: "run", keep: false });
    expect(readDemoCommand(["--keep"])).to.deep.equal({ verb: "run", keep: true });
  });

  it("takes the words behind job as the job's commands", () => {
    expect(readDemoCommand(["job", "echo hi"])).to.deep.equal({ verb: "job", script: "echo hi" });
    expect(readDemoCommand(["job", "echo", "--keep"])).to.deep.equal({ verb: "job", script: "echo --keep" });
  });

  it("leaves help behind job to the job", () => {
    expect(readDemoCommand(["job", "ls", "--help"])).to.deep.equal({ verb: "job", script: "ls --help" });
  });

  it("takes a kept demo down", () => {
    expect(readDemoCommand(["down"])).to.deep.equal({ verb: "down" });
  });

  it("shows how it is used", () => {
    for (const word of ["help", "--help", "-h"])
      expect(readDemoCommand([word])).to.deep.equal({ verb: "help" });
  });

  it("refuses what it does not know by name, and a job without commands", () => {
    expect(() => readDemoCommand(["--kepp"])).to.throw("Cannot understand '--kepp'");
    expect(() => readDemoCommand(["down", "--keep"])).to.throw("Cannot understand '--keep'");
    expect(() => readDemoCommand(["job", " "])).to.throw("Cannot queue a job without commands");
  });
});

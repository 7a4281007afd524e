import { expect } from "chai";
import { deployPhases } from "./deploy-phases.ts";

describe("deployPhases()", () => {
  const marks = [
    { atMs: 1100, message: "installing charm software" },
    { atMs: 1500, message: "Building the runner image: starting the base image" },
    { atMs: 2500, message: "Building the runner image: publishing" },
    { atMs: 4500, message: "Building the runner image: making the template" },
    { atMs: 6500, message: "Ready to start runners" },
    { atMs: 6600, message: "Starting runners 0/3" },
    { atMs: 7600, message: "Starting runners 3/3" },
    { atMs: 7700, message: "3 runners: 3 idle" },
  ];

  it("sums up the time of each phase in the order of a first deployment", () => {
    const phases = deployPhases(marks, 1000, 8000).map(({ phase, ms }) => [phase, ms]);
    expect(phases).to.deep.equal([
      ["charm unpacked, GitHub asked, host made ready", 500],
      ["runner image built", 3000],
      ["template started once and cleaned", 2000],
      ["runners cloned, started and registered", 1100],
      ["everything else", 400],
    ]);
  });

  it("accounts for all of the time", () => {
    const sum = deployPhases(marks, 1000, 8000).reduce((total, { ms }) => total + ms, 0);
    expect(sum).to.equal(7000);
  });

  it("leaves out what did not happen, such as the build of an image that is there", () => {
    const phases = deployPhases([{ atMs: 30, message: "Starting runners 0/1" }], 0, 50);
    expect(phases.map(({ phase }) => phase)).to.not.include("runner image built");
  });
});

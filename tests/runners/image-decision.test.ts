import { expect } from "chai";
import { decideImage, REFRESH_MS, type ImageFacts } from "../../src/runners/image-decision.ts";
import type { RunnerImage } from "../../src/runners/ports.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = Date.UTC(2026, 0, 2);

const image = (recipe: string, ageMs: number, fingerprint = "00000000"): RunnerImage => ({
  fingerprint,
  template: `runners-0-template-${fingerprint}`,
  recipe,
  programs: "ours",
  builtAt: NOW - ageMs,
});
const decision = (facts: Partial<ImageFacts>) =>
  decideImage({
    images: [],
    recipe: "wanted",
    programs: "ours",
    failure: null,
    trial: null,
    now: NOW,
    ...facts,
  });
const failed = (agoMs: number, attempts = 1, recipe = "wanted") => ({
  recipe,
  reason: "no such package",
  failedAt: NOW - agoMs,
  attempts,
});

describe("decideImage()", () => {
  it("builds where there is no image, even if that has just failed", () => {
    expect(decision({})).to.deep.equal({ image: undefined, build: "due" });
    expect(decision({ failure: failed(0, 9) }).build).to.equal("due");
  });

  it("takes the image of the recipe, and builds none", () => {
    const wanted = image("wanted", HOUR);
    const images = [image("other", MINUTE), wanted];
    expect(decision({ images })).to.deep.equal({ image: wanted, build: "none", hasSurplus: true });
  });

  it("takes the newest of another recipe while that of the recipe is not there, and builds", () => {
    const newest = image("before", HOUR);
    const images = [newest, image("long before", 2 * HOUR)];
    expect(decision({ images })).to.deep.equal({ image: newest, build: "due" });
  });

  it("makes nothing from an image with programs of another version of the charm", () => {
    const images = [{ ...image("before", HOUR), programs: "theirs" }];
    expect(decision({ images, failure: failed(0) })).to.deep.equal({ image: undefined, build: "due" });
    const older = image("long before", 2 * HOUR);
    expect(decision({ images: [...images, older] }).image).to.equal(older);
  });

  it("builds afresh what is older than 6 hours and its share of the next", () => {
    const at = (ageMs: number, fingerprint: string) =>
      decision({ images: [image("wanted", ageMs, fingerprint)] }).build;
    expect(at(REFRESH_MS - 1, "00000000")).to.equal("none");
    expect(at(REFRESH_MS, "00000000")).to.equal("due");
    expect(at(REFRESH_MS + 10 * MINUTE - 1, "0000000a")).to.equal("none");
    expect(at(REFRESH_MS + 10 * MINUTE, "0000000a")).to.equal("due");
    expect(at(REFRESH_MS + HOUR, "ffffffff")).to.equal("due");
  });

  it("builds what is older than it is told", () => {
    const images = [image("wanted", HOUR)];
    expect(decision({ images, refreshMs: HOUR }).build).to.equal("due");
    expect(decision({ images, refreshMs: HOUR + 1 }).build).to.equal("none");
  });

  it("tries a failed build again after 10 minutes, then after 20, and at last every 2 hours", () => {
    const images = [image("before", HOUR)];
    for (const [attempts, pause] of [
      [1, 10 * MINUTE],
      [2, 20 * MINUTE],
      [3, 40 * MINUTE],
      [50, 2 * HOUR],
    ] as const) {
      expect(decision({ images, failure: failed(pause - 1, attempts) }).build, String(attempts)).to.equal(
        "paused",
      );
      expect(decision({ images, failure: failed(pause, attempts) }).build, String(attempts)).to.equal("due");
    }
  });

  it("tries at once what another recipe failed at", () => {
    expect(decision({ images: [image("before", HOUR)], failure: failed(0, 1, "mistaken") }).build).to.equal(
      "due",
    );
  });

  it("does not wait for a time that a clock set back has put into the future", () => {
    expect(decision({ images: [image("before", HOUR)], failure: failed(-HOUR) }).build).to.equal("due");
  });
});

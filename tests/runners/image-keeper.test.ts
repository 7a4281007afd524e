import { expect } from "chai";
import { ImageKeeper, type Memory } from "../../src/runners/image-keeper.ts";
import type { ImageFailure } from "../../src/runners/image-decision.ts";
import { ApplicationDiedError } from "../../src/runners/errors.ts";
import type { ImageTrial, TrialReport } from "../../src/runners/image-trial.ts";
import type { ImageRecipe, RunnerImage } from "../../src/runners/ports.ts";
import { createLogger } from "charm-kit";
import { rejection } from "../support/rejection.ts";

const HOUR = 60 * 60_000;
const START = Date.UTC(2026, 0, 2, 3, 4);
const signal = new AbortController().signal;

/** Keeps a value as the unit's state does. */
class Kept<Value> implements Memory<Value> {
  value: Value | null = null;
  read = () => Promise.resolve(this.value);
  write = (value: Value | null) => {
    this.value = value;
    return Promise.resolve();
  };
}

/** A unit's images and GitHub's offer, without LXD: what is built is listed, until it is pruned. */
class Fixture {
  now = START;
  version = "2.330.0";
  images: RunnerImage[] = [];
  asked = 0;
  readonly fetched: string[] = [];
  readonly steps: string[] = [];
  readonly failure = new Kept<ImageFailure>();
  readonly trial = new Kept<ImageTrial>();
  fetchFault: Error | undefined;
  buildFault: Error | undefined;

  readonly keeper = new ImageKeeper(
    {
      forge: {
        application: () => {
          this.asked += 1;
          return Promise.resolve({
            version: this.version,
            filename: "runner.tar.gz",
            downloadUrl: "https://github.example/runner.tar.gz",
            sha256: this.version,
            downloadToken: undefined,
          });
        },
      },
      archives: {
        fetch: ({ version }) => {
          if (this.fetchFault) return Promise.reject(this.fetchFault);
          this.fetched.push(version);
          return Promise.resolve(`/archives/${version}`);
        },
      },
      images: {
        list: () => Promise.resolve(this.images),
        build: (recipe, progress) => this.#build(recipe, progress),
        prune: (keep) => {
          this.images = this.images.filter(({ template }) => keep.some((each) => each.template === template));
          return Promise.resolve();
        },
      },
      application: new Kept(),
      failure: this.failure,
      trial: this.trial,
      lock: { run: (work, signal) => work(signal) },
      clock: { now: () => this.now, wait: () => Promise.resolve() },
      log: createLogger(
        () => undefined,
        (text) => text,
      ),
      step: (message) => this.steps.push(message),
    },
    { base: { server: undefined, alias: "jammy" }, arch: "x64", packages: [] },
  );

  async supply() {
    return this.keeper.supply(await this.keeper.decide(signal), signal);
  }

  #build(
    { key, programs, application }: ImageRecipe,
    progress: (step: string) => void,
  ): Promise<RunnerImage> {
    progress("publishing");
    if (this.buildFault) return Promise.reject(this.buildFault);
    const fingerprint = `0000000${this.images.length}${application.version}`;
    const image = {
      fingerprint,
      template: `template-${fingerprint}-${this.now}`,
      recipe: key,
      programs,
      builtAt: this.now,
    };
    this.images.unshift(image);
    return Promise.resolve(image);
  }
}

describe("ImageKeeper", () => {
  let fixture: Fixture;
  beforeEach(() => {
    fixture = new Fixture();
  });

  it("builds the first image, shows its steps, and takes it from then on", async () => {
    const { image, notice } = await fixture.supply();
    expect(notice).to.equal(undefined);
    expect(fixture.images).to.deep.equal([image]);
    expect(fixture.steps).to.deep.equal([
      "Fetching the runner application 2.330.0",
      "Building the runner image: publishing",
    ]);
    expect((await fixture.supply()).image).to.equal(image);
    expect(fixture.fetched).to.have.length(1);
  });

  it("asks GitHub for the runner application every 6 hours, and builds with a new one", async () => {
    const { image } = await fixture.supply();
    const { asked } = fixture;
    fixture.version = "2.331.0";
    fixture.now += 6 * HOUR - 1;
    expect((await fixture.supply()).image).to.equal(image);
    expect(fixture.asked).to.equal(asked);
    fixture.now += 1;
    expect((await fixture.supply()).image).not.to.equal(image);
    expect(fixture.fetched).to.deep.equal(["2.330.0", "2.331.0"]);
  });

  it("asks GitHub at once when it is told to, and says whether the application is another one", async () => {
    await fixture.supply();
    expect(await fixture.keeper.updateApplication(true, signal)).to.deep.equal({
      version: "2.330.0",
      changed: false,
    });
    fixture.version = "2.331.0";
    expect(await fixture.keeper.updateApplication(false, signal)).to.deep.include({ changed: false });
    expect(await fixture.keeper.updateApplication(true, signal)).to.deep.equal({
      version: "2.331.0",
      changed: true,
    });
    await fixture.supply();
    expect(fixture.fetched.at(-1)).to.equal("2.331.0");
  });

  it("builds afresh, with an archive that is fetched where it is missing, once the image is old", async () => {
    const { image } = await fixture.supply();
    fixture.now += 7 * HOUR;
    const { image: fresh } = await fixture.supply();
    expect(fresh.builtAt).to.equal(fixture.now);
    expect(fresh.recipe).to.equal(image.recipe);
    expect(fixture.images).to.deep.equal([fresh, image]);
    expect(fixture.fetched).to.have.length(2);
  });

  it("keeps the last good image when a build fails, and says so with its date", async () => {
    const { image } = await fixture.supply();
    fixture.now += 7 * HOUR;
    fixture.buildFault = new Error("Cannot build the runner image: no package 'foo'");
    const supply = await fixture.supply();
    expect(supply.image).to.equal(image);
    expect(supply.notice).to.equal(
      "image build failed, using the image of 2026-01-02 03:04 UTC: Cannot build the runner image: no package 'foo'",
    );
    expect(fixture.images).to.deep.equal([image]);
  });

  it("keeps it, too, when the runner application cannot be fetched", async () => {
    const { image } = await fixture.supply();
    fixture.now += 7 * HOUR;
    fixture.fetchFault = new Error("Cannot use the runner application: its checksum is wrong");
    const supply = await fixture.supply();
    expect(supply.image).to.equal(image);
    expect(supply.notice).to.include("its checksum is wrong");
  });

  it("does not try again for a while, goes on saying so, and forgets it with a success", async () => {
    await fixture.supply();
    fixture.now += 7 * HOUR;
    fixture.buildFault = new Error("no route to host");
    await fixture.supply();
    fixture.buildFault = undefined;
    const { fetched } = fixture;
    const attempts = fetched.length;
    fixture.now += HOUR / 60;
    expect((await fixture.supply()).notice).to.include("no route to host");
    expect(fetched).to.have.length(attempts);
    fixture.now += HOUR;
    expect((await fixture.supply()).notice).to.equal(undefined);
    expect(fixture.failure.value).to.equal(null);
  });

  it("pauses longer from failure to failure", async () => {
    await fixture.supply();
    fixture.now += 7 * HOUR;
    fixture.buildFault = new Error("no route to host");
    await fixture.supply();
    fixture.now += HOUR / 6;
    await fixture.supply();
    expect(fixture.failure.value?.attempts).to.equal(2);
    fixture.now += HOUR / 6;
    expect((await fixture.keeper.decide(signal)).build).to.equal("paused");
  });

  it("builds at once when a person wants it, whatever failed before", async () => {
    const { image } = await fixture.supply();
    fixture.now += 7 * HOUR;
    fixture.buildFault = new Error("no route to host");
    await fixture.supply();
    fixture.buildFault = undefined;
    const built = await fixture.keeper.build(signal);
    expect(fixture.images).to.deep.equal([built, image]);
    expect((await fixture.supply()).notice).to.equal(undefined);
  });

  it("endPause() makes the next build due, whose failure lastFailure() then tells", async () => {
    await fixture.supply();
    fixture.now += 7 * HOUR;
    fixture.buildFault = new Error("no route to host");
    await fixture.supply();
    expect((await fixture.keeper.decide(signal)).build).to.equal("paused");
    await fixture.keeper.endPause();
    expect(await fixture.keeper.lastFailure()).to.equal(undefined);
    expect((await fixture.keeper.decide(signal)).build).to.equal("due");
    fixture.buildFault = new Error("the checksum is wrong");
    await fixture.supply();
    expect(await fixture.keeper.lastFailure()).to.equal("the checksum is wrong");
  });

  describe("with a new image beside an earlier one", () => {
    const died = new ApplicationDiedError({
      name: "runners-0-1",
      code: 7,
      seconds: 1,
      output: "no such library",
    });
    const report = (more: Partial<TrialReport>): TrialReport => ({
      created: 0,
      failures: [],
      hasStayed: false,
      versionRefused: false,
      ...more,
    });
    let earlier: RunnerImage;
    let fresh: RunnerImage;
    beforeEach(async () => {
      earlier = (await fixture.supply()).image;
      fixture.now += 7 * HOUR;
      fresh = (await fixture.supply()).image;
    });

    it("keeps the earlier one until a runner of the new one has stayed", async () => {
      await fixture.keeper.conclude(fresh, report({ created: 3 }));
      await fixture.supply();
      expect(fixture.images).to.deep.equal([fresh, earlier]);
      await fixture.keeper.conclude(fresh, report({ hasStayed: true }));
      await fixture.supply();
      expect(fixture.images).to.deep.equal([fresh]);
    });

    it("uses the earlier one again once runners of the new one fail, says why, and tries the next build", async () => {
      await fixture.keeper.conclude(fresh, report({ failures: [died] }));
      expect((await fixture.supply()).image).to.equal(fresh);
      await fixture.keeper.conclude(fresh, report({ failures: [died, died] }));
      const supply = await fixture.supply();
      expect(supply.image).to.equal(earlier);
      expect(supply.notice).to.equal(
        `using the image of 2026-01-02 03:04 UTC, since no runner of the image of 2026-01-02 10:04 UTC has stayed: ${died.message}`,
      );
      await fixture.keeper.conclude(earlier, report({ hasStayed: true }));
      expect((await fixture.supply()).image).to.equal(earlier);

      fixture.now += 7 * HOUR;
      const { image, notice } = await fixture.supply();
      expect(image.builtAt).to.equal(fixture.now);
      expect(notice).to.equal(undefined);
      expect(fixture.images).to.deep.equal([image, earlier]);
    });

    it("blames the new one for nothing that other things cause", async () => {
      const refused = [new Error("GitHub answered 403"), died];
      await fixture.keeper.conclude(fresh, report({ failures: [new Error("GitHub answered 403")] }));
      await fixture.keeper.conclude(fresh, report({ failures: refused, versionRefused: true }));
      await fixture.keeper.conclude(fresh, report({ failures: refused, created: 1 }));
      expect(fixture.trial.value?.failures).to.equal(0);
    });

    it("keeps both when a build fails", async () => {
      fixture.now += 7 * HOUR;
      fixture.buildFault = new Error("no space");
      expect((await fixture.supply()).image).to.equal(fresh);
      expect(fixture.images).to.deep.equal([fresh, earlier]);
    });
  });

  it("fails without an image to fall back on", async () => {
    fixture.buildFault = new Error("no space");
    expect(await rejection(fixture.supply())).to.equal(fixture.buildFault);
    expect(await rejection(fixture.supply())).to.equal(fixture.buildFault);
  });

  it("takes an abort for no failure", async () => {
    const controller = new AbortController();
    const decision = await fixture.keeper.decide(signal);
    fixture.buildFault = new Error("ended");
    controller.abort(new Error("the unit is stopping"));
    expect(await rejection(fixture.keeper.supply(decision, controller.signal))).to.equal(
      controller.signal.reason,
    );
    expect(fixture.failure.value).to.equal(null);
  });
});

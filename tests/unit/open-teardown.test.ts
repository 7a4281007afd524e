import { expect } from "chai";
import { Redactor, Secret, silentLogger, systemClock } from "charm-kit";
import { parseGithubPath } from "../../src/github/index.ts";
import { openDemand, openTeardown } from "../../src/unit/open-workload.ts";
import { lonelySystem } from "../charm/lonely-system.ts";
import { sampleSettings } from "../service/sample-settings.ts";
import { STANDARD_TOKEN } from "../support/github/http/callers.ts";
import { useStandIn } from "../support/github/use-stand-in.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

describe("the removal of a unit", function () {
  this.timeout(180_000);
  const directory = useTemporaryDirectory();
  const fixture = useStandIn();

  for (const [title, scaling] of [
    ["that scales on demand", { idle: 0, scaleSetName: "" }],
    ["whose number of runners is fixed again", undefined],
  ] as const) {
    it(`leaves no scale set of one ${title}`, async () => {
      const { standIn } = fixture;
      const signal = AbortSignal.timeout(170_000);
      const { setup, unit } = sampleSettings();
      const setupOf = (change: Pick<typeof setup.configuration, "scaling">) => ({
        credentials: { by: "token" as const, token: new Secret(STANDARD_TOKEN) },
        configuration: {
          ...setup.configuration,
          ...{ path: parseGithubPath("octo/hello"), githubUrl: standIn.url },
          ...change,
        },
      });
      const context = {
        ...unit,
        system: { ...lonelySystem(directory.path), clock: systemClock },
        ...{ log: silentLogger, redactor: new Redactor(), step: () => undefined },
        dispatchCommand: () => Promise.resolve(undefined),
      };
      const demand = openDemand(setupOf({ scaling: { idle: 0, scaleSetName: "" } }), context);
      await demand?.source.ensure(signal);
      await demand?.close();
      expect(standIn.scaleSets.all.size).to.equal(1);
      const teardown = openTeardown(setupOf({ scaling }), context);
      await teardown.endAll(signal);
      await teardown.close();
      expect(standIn.scaleSets.all.size).to.equal(0);
    });
  }
});

import { GithubRunnerCharm } from "../../src/charm/charm.ts";
import { unitSystem } from "../../src/unit/real-system.ts";
import { main, type Framework } from "juju-charm";
import { systemClock } from "charm-kit";

/** The charm's program, with its records below the directory that `DATA_ROOT` names. */
const system = { ...unitSystem(systemClock, process.env), dataRoot: process.env["DATA_ROOT"] ?? "" };

class Unit extends GithubRunnerCharm {
  constructor(framework: Framework) {
    super(framework, system);
  }
}

await main(Unit);

import { GithubRunnerCharm } from "./charm/charm.ts";
import { unitSystem } from "./unit/real-system.ts";
import { main, type Framework } from "juju-charm";
import { systemClock } from "charm-kit";

const system = unitSystem(systemClock, process.env);

class Unit extends GithubRunnerCharm {
  constructor(framework: Framework) {
    super(framework, system);
  }
}

await main(Unit);

import { randomBytes } from "node:crypto";
import { GithubRunnerCharm } from "./charm/charm.ts";
import type { CharmSystem } from "./charm/charm-system.ts";
import { main, type Framework } from "./framework/index.ts";
import { systemClock } from "./support/clock.ts";

const system: CharmSystem = {
  arch: process.arch === "arm64" ? "arm64" : "x64",
  clock: systemClock,
  entropy: () => randomBytes(8).toString("hex"),
  dataRoot: "/var/lib/github-runner",
  logRoot: "/var/log/github-runner-logs",
  env: process.env,
};

class Unit extends GithubRunnerCharm {
  constructor(framework: Framework) {
    super(framework, system);
  }
}

await main(Unit);

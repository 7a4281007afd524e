import { spawnSync } from "node:child_process";
import { expect } from "chai";
import { buildScript, cleanScript } from "../../src/guest/build-script.ts";
import { preJobScript } from "../../src/guest/pre-job-script.ts";
import { startScripts } from "../../src/guest/start-scripts.ts";

const scripts: readonly (readonly [name: string, content: string])[] = [
  ...[...startScripts, preJobScript()].map(({ path, content }) => [path, content] as const),
  ["the build script", buildScript({ packages: ["docker.io"] })],
  ["the clean script", cleanScript],
];

const isMissing = spawnSync("shellcheck", ["--version"]).error !== undefined;

describe(`shellcheck${isMissing ? " (skipped: the package shellcheck is not installed)" : ""}`, () => {
  for (const [name, content] of scripts) {
    it(`finds no fault in ${name}`, function () {
      if (isMissing) this.skip();
      const { status, stdout } = spawnSync("shellcheck", ["--shell", "bash", "--format", "gcc", "-"], {
        input: content,
        encoding: "utf8",
      });
      expect({ status, stdout }).to.deep.equal({ status: 0, stdout: "" });
    }).slow(2000);
  }
});

import { spawnSync } from "node:child_process";
import { expect } from "chai";
import { buildScript, cleanScript } from "../../src/guest/build-script.ts";
import { guestFiles } from "../../src/guest/bootstrap-payload.ts";
import { startScripts } from "../../src/guest/start-scripts.ts";
import { SAMPLES } from "./sample-settings.ts";

const scripts: readonly (readonly [name: string, content: string])[] = [
  ...startScripts.map(({ path, content }) => [path, content] as const),
  ...Object.entries(SAMPLES).flatMap(([name, settings]) =>
    guestFiles(settings, "runner")
      .filter(({ path }) => /\/(pre-job\.sh|prepare)$/.test(path))
      .map(({ path, content }) => [`${path} (${name})`, String(content)] as const),
  ),
  [
    "the build script",
    buildScript({
      packages: ["docker.io"],
      executables: [{ url: "https://example.com/yq", cmd: "yq" }],
      aproxy: "x64",
    }),
  ],
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

import { expect } from "chai";
import { build } from "esbuild";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { reportError } from "../../src/dispatch/error-report.ts";
import { mapStack } from "../../src/log/map-stack.ts";
import { useTemporaryDirectory } from "../../../../tests/support/temporary-directory.ts";

/** Bundled by the tests. Its error is thrown in line 5. */
const SOURCE = `interface Charm {
  readonly name: string;
}
export function start(charm: Charm): never {
  throw new Error(charm.name);
}
`;

describe("mapStack()", () => {
  const directory = useTemporaryDirectory();

  const errorInBundle = async (): Promise<Error> => {
    writeFileSync(join(directory.path, "hello-charm.ts"), SOURCE);
    const outfile = join(directory.path, "lib/main.mjs");
    await build({
      entryPoints: [join(directory.path, "hello-charm.ts")],
      outfile,
      bundle: true,
      format: "esm",
      sourcemap: "linked",
      sourcesContent: false,
      banner: { js: "// a line that moves the others\n" },
    });
    const module = (await import(pathToFileURL(outfile).href)) as {
      readonly start: (charm: object) => never;
    };
    try {
      return module.start({ name: "broken" });
    } catch (thrown) {
      return thrown as Error;
    }
  };

  it("maps positions in a bundle to its TypeScript sources", async () => {
    const error = await errorInBundle();
    expect(error.stack).to.include("lib/main.mjs:");
    const [message, frame] = mapStack(error.stack ?? "").split("\n");
    expect(message).to.equal("Error: broken");
    expect(frame).to.match(/^ +at (?:Module\.)?start \(hello-charm\.ts:5:\d+\)$/);
    expect(reportError(error)).to.include("hello-charm.ts:5:");
  });

  it("keeps frames unchanged without a source map or with a damaged one", async () => {
    const error = await errorInBundle();
    const map = join(directory.path, "lib/main.mjs.map");
    expect(readFileSync(map, "utf8")).to.include("hello-charm.ts");
    for (const damaged of ["{", "[]", "null", ""]) {
      writeFileSync(map, damaged);
      expect(mapStack(error.stack ?? "")).to.equal(error.stack);
    }
    const plain =
      "Error: x\n    at Object.<anonymous> (node:internal/main:1:2)\n    at async /nowhere/a.mjs:3:4";
    expect(mapStack(plain)).to.equal(plain);
  });
});

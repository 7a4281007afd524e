import { createServer, type Server } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { LxdClient, socketAt } from "lxd-client";
import { LxdImages } from "../../src/lxd/lxd-images.ts";
import { LxdMachines } from "../../src/lxd/lxd-machines.ts";
import type { ImageRecipe } from "../../src/runners/ports.ts";
import { soon } from "../support/patience.ts";

const OWNER = { unitName: "runners/0", deployment: "9f484882-2f18-4fd2-967d-db9663db7bea" };
const RECIPE: ImageRecipe = {
  base: { server: undefined, alias: "jammy" },
  arch: "x64",
  application: { version: "2.337.0", archivePath: "/nonexistent" },
  key: "0123456789abcdef",
  programs: "0123456789abcdef",
  buildScript: "true\n",
  cleanScript: "true\n",
};
const signal = soon;

/** What was asked to be made. */
interface Made {
  readonly name: string;
  readonly type: string;
  readonly profiles: readonly string[];
}

describe("The type of a unit's instances", () => {
  let directory = "";
  let server: Server;
  let client: LxdClient;
  let made: Made[];

  /** Stands in for an LXD that has nothing and makes nothing: what it is asked for is all that counts here. */
  beforeEach(async () => {
    made = [];
    directory = mkdtempSync(join(tmpdir(), "instance-type-"));
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        const isList = request.method === "GET" && /^\/1\.0\/(instances|images)\?/.test(request.url ?? "");
        if (request.method === "POST") made.push(JSON.parse(body) as Made);
        const answer = isList
          ? { type: "sync", status_code: 200, metadata: [] }
          : { type: "error", error: "not found", error_code: 404 };
        response.writeHead(isList ? 200 : 404, { "content-type": "application/json" });
        response.end(JSON.stringify(answer));
      });
    });
    const path = join(directory, "unix.socket");
    await new Promise<void>((resolve) => server.listen(path, resolve));
    client = new LxdClient(socketAt(path));
  });
  afterEach(async () => {
    await client.close();
    server.close();
    rmSync(directory, { recursive: true });
  });

  const launch = async (instanceType?: "container" | "virtual-machine") => {
    const machines = new LxdMachines({
      client,
      owner: OWNER,
      ...(instanceType && { instanceType }),
      deliverProgram: "/bin/true",
      activityCommand: ["true"],
      startConcurrency: 1,
    });
    const spec = {
      name: "runners-0-a",
      template: "t",
      profiles: ["p"],
      configHash: "k",
      scopeKey: "",
      deadline: 0,
    };
    await machines.launch(spec, signal()).catch(() => undefined);
  };
  const build = async (instanceType?: "container" | "virtual-machine") => {
    const images = new LxdImages({
      client,
      owner: OWNER,
      ...(instanceType && { instanceType }),
      slug: "runners-0",
      profile: "p",
      archivePathInGuest: "/root/runner.tar.gz",
    });
    await images.build(RECIPE, () => undefined, signal()).catch(() => undefined);
  };

  it("is what a runner is cloned as", async () => {
    await launch("virtual-machine");
    await launch("container");
    await launch();
    expect(made.map(({ type }) => type)).to.deep.equal(["virtual-machine", "container", "container"]);
  });

  it("is what an image is built in", async () => {
    await build("virtual-machine");
    await build("container");
    expect(made.map(({ name, type }) => [name, type])).to.deep.equal([
      ["runners-0-builder", "virtual-machine"],
      ["runners-0-builder", "container"],
    ]);
  });
});

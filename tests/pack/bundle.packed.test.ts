import { join } from "node:path";
import { expect } from "chai";
import { bundle, type Bundle } from "juju-charm/pack";
import { bundleProgram } from "../../packages/juju-charm/src/pack/bundle.ts";

const ROOT = join(import.meta.dirname, "../..");

describe("bundle()", function () {
  this.timeout(120_000);
  let bundled: Bundle;

  before(async () => {
    bundled = await bundle(ROOT, "src/main.ts");
  });

  it("loads no package at the start but the emitter: an event that nobody observes pays for none", () => {
    const packages = bundled.startSources.filter((source) => source.includes("node_modules/"));
    expect(packages.filter((source) => !source.includes("/eventemitter3/"))).to.deep.equal([]);
    expect(bundled.startSources).to.include("src/main.ts");
    expect(bundled.startSources).to.include("src/charm/charm.ts");
  });

  it("loads no adapter at the start", () => {
    expect(
      bundled.startSources.filter((source) => /^src\/(lxd|github|host|agent)\//.test(source)),
    ).to.deep.equal([]);
    expect(bundled.sources.filter((source) => source.startsWith("src/lxd/"))).not.to.be.empty;
  });

  it("loads only the pool of undici where only LXD is asked, and no HTTP/2 at all", () => {
    const texts = bundled.files.map(({ content }) => Buffer.from(content).toString());
    expect(texts.join("\n")).to.not.match(/["']node:http2["']/);
    // The client's chunk or a shared one: none with a pool has the rest of undici.
    const pools = texts.filter((text) => text.includes("// node_modules/undici/lib/dispatcher/pool.js"));
    expect(pools).to.have.length(1);
    expect(pools[0]).to.not.match(
      /^\/\/ node_modules\/undici\/lib\/(?:mock|web\/websocket|cache|interceptor|web\/fetch\/index)\b/m,
    );
  });

  it("loads two files at the start, whatever the dynamic imports share: each file costs its time", () => {
    expect(bundled.startFiles).to.include("main.mjs");
    expect(bundled.startFiles).to.have.length(2);
    expect(bundled.files.length).to.be.greaterThan(20);
  });

  it("keeps what is loaded at the start out of the file of the program, which a dynamic import would wait for", () => {
    const main = bundled.files.find(({ name }) => name === "main.mjs");
    expect(Buffer.from(main?.content ?? []).toString()).to.match(/\/\/ src\/main\.ts/);
    expect(
      Buffer.from(main?.content ?? [])
        .toString()
        .match(/^\/\/ src\//gm),
    ).to.have.length(1);
  });

  it("holds nothing of tests, scripts or the agent", () => {
    expect(bundled.sources.filter((source) => /^(tests|scripts|src\/agent)\//.test(source))).to.deep.equal(
      [],
    );
  });

  it("maps positions without carrying the sources", () => {
    const maps = bundled.files.filter(({ name }) => name.endsWith(".map"));
    expect(maps).not.to.be.empty;
    for (const { content } of maps) expect(Buffer.from(content).toString()).not.to.include("sourcesContent");
  });
});

describe("bundleProgram() of the runner service", function () {
  this.timeout(120_000);

  it("holds what the service uses of its packages alone: all of its text stays in memory", async () => {
    const { files, sources } = await bundleProgram(ROOT, "src/service.ts");
    expect(sources).to.include("src/service/run-service.ts");
    const surplus =
      /^src\/charm\/|node_modules\/(?:ajv|yaml|@octokit\/plugin-(?:rest-endpoint-methods|paginate-rest))\/|undici\/(?:index\.js|lib\/(?:mock|cache|web\/(?:fetch\/index|websocket|eventsource|cache)))\b/;
    expect(sources.filter((source) => surplus.test(source))).to.deep.equal([]);
    const text = Buffer.from(files.find(({ name }) => name === "service.mjs")?.content ?? []).toString();
    expect(text.length).to.be.within(500_000, 1_500_000);
    // One such character would double it.
    expect(text).to.not.match(/[^\0-\xff]/);
  });

  it("has every name of undici that our sources import: the rest is left out", async () => {
    const { files } = await bundleProgram(ROOT, "src/service.ts");
    const text = Buffer.from(files.find(({ name }) => name === "service.mjs")?.content ?? []).toString();
    const used = new Set([...text.matchAll(/\bimport_undici\d*\.(\w+)/g)].map(([, name]) => name));
    expect([...used].sort()).to.deep.equal([
      "Agent",
      "EnvHttpProxyAgent",
      "Pool",
      "getGlobalDispatcher",
      "interceptors",
    ]);
  });
});

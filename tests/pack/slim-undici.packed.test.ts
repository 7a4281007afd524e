import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { expect } from "chai";
import { slimUndici } from "../../scripts/pack/slim-undici.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Asks a server by the way that the charm asks GitHub, and prints the answer. */
const PROGRAM = `
import { openDispatcher } from ${JSON.stringify(join(ROOT, "src/github/own-dispatcher.ts"))};
import { boundedFetch } from ${JSON.stringify(join(ROOT, "src/github/bounded-fetch.ts"))};
const [url, proxy, noProxy] = process.argv.slice(2);
const way = openDispatcher(proxy && { http: proxy, https: proxy, noProxy });
const send = boundedFetch(way.dispatcher, { wire: 1000, text: 1000 });
const { status, text } = await send(url, { method: "GET", headers: {} });
process.stdout.write(status + " " + (await text()));
await way.close();
`;

describe("slimUndici", function () {
  this.timeout(120_000);
  const directory = useTemporaryDirectory();
  let file = "";
  const tunnels: string[] = [];
  const server = createServer((_, response) => response.end("hello"));
  const proxy = createServer().on("connect", ({ url = "" }, socket) => {
    tunnels.push(url);
    const [host = "", port] = url.split(":");
    const way = connect(Number(port), host, () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
    way.pipe(socket).pipe(way);
  });
  const portOf = (of: typeof server) => (of.address() as AddressInfo).port;
  const ask = async (...words: readonly string[]) =>
    (await promisify(execFile)(process.execPath, [file, `http://127.0.0.1:${portOf(server)}/`, ...words]))
      .stdout;

  beforeEach(async () => {
    tunnels.length = 0;
    for (const each of [server, proxy])
      await new Promise<void>((resolve) => each.listen(0, "127.0.0.1", resolve));
    const entry = join(directory.path, "program.ts");
    file = join(directory.path, "program.mjs");
    await writeFile(entry, PROGRAM);
    await build({
      entryPoints: [entry],
      outfile: file,
      ...{
        bundle: true,
        platform: "node",
        format: "esm",
        plugins: [slimUndici],
        nodePaths: [join(ROOT, "node_modules")],
      },
      banner: {
        js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
      },
    });
  });
  afterEach(() => {
    for (const each of [server, proxy]) {
      each.closeAllConnections();
      each.close();
    }
  });

  it("leaves what requests need, with and without a proxy", async () => {
    expect(await ask()).to.equal("200 hello");
    const address = `http://127.0.0.1:${portOf(proxy)}`;
    expect(await ask(address, "")).to.equal("200 hello");
    expect(tunnels).to.deep.equal([`127.0.0.1:${portOf(server)}`]);
    expect(await ask(address, "127.0.0.1")).to.equal("200 hello");
    expect(await ask(address, "127.0.0.0/8")).to.equal("200 hello");
    expect(tunnels).to.have.length(1);
  });
});

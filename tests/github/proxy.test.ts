import { expect } from "chai";
import { once } from "node:events";
import { createServer, request as httpRequest, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { promisify } from "node:util";
import { until } from "../support/rig/until.ts";
import { rejection } from "../support/rejection.ts";
import { UnavailableError } from "../../src/github/errors.ts";
import { openDispatcher } from "../../src/github/own-dispatcher.ts";
import type { ProxySettings } from "../../src/network/proxy-settings.ts";
import { clientOf, never, page, runner, useStubGithub } from "./support.ts";
import { soon } from "../support/patience.ts";

describe("A client behind a proxy", () => {
  const github = useStubGithub();
  let proxy: Server;
  let passed: (string | undefined)[];

  beforeEach(async () => {
    passed = [];
    github.on("GET /repos/octo/hello/actions/runners", page([runner(1)]));
    proxy = createServer((incoming, answer) => {
      passed.push(incoming.headers["proxy-authorization"]);
      const onward = httpRequest(
        incoming.url ?? "",
        { method: incoming.method, headers: incoming.headers },
        (from) => {
          answer.writeHead(from.statusCode ?? 502, from.headers);
          from.pipe(answer);
        },
      );
      incoming.pipe(onward);
    }).on("connect", (incoming, socket, head: Buffer) => {
      passed.push(incoming.headers["proxy-authorization"]);
      const { hostname, port } = new URL(`http://${incoming.url ?? ""}`);
      const onward = connect(Number(port), hostname, () => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        onward.write(head);
        onward.pipe(socket).pipe(onward);
      });
      for (const end of [onward, socket]) end.on("error", () => socket.destroy());
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
  });

  afterEach(() => {
    proxy.closeAllConnections();
    proxy.close();
  });

  const route = (change: Partial<ProxySettings> = {}): ProxySettings => {
    const { port } = proxy.address() as AddressInfo;
    return { http: `http://me:pass@127.0.0.1:${port}`, https: undefined, noProxy: "", ...change };
  };
  const listBy = async (by: ProxySettings) => {
    const { dispatcher, close } = openDispatcher(by);
    try {
      return await clientOf(github, { dispatcher }).list(never);
    } finally {
      await close();
    }
  };

  it("sends its requests by it, with the proxy's user and password", async () => {
    expect(await listBy(route())).to.have.length(1);
    expect(passed).to.deep.equal([`Basic ${Buffer.from("me:pass").toString("base64")}`]);
  });

  it("goes straight to hosts that are reached directly", async () => {
    expect(await listBy(route({ noProxy: "localhost,127.0.0.1" }))).to.have.length(1);
    expect(passed).to.deep.equal([]);
  });

  it("goes straight to addresses in a network that is reached directly, and to no other", async () => {
    expect(await listBy(route({ noProxy: "10.0.0.0/8, 127.0.0.0/8" }))).to.have.length(1);
    expect(passed).to.deep.equal([]);
    expect(await listBy(route({ noProxy: "10.0.0.0/8,fd00::/8" }))).to.have.length(1);
    expect(passed).to.have.length(1);
  });

  it("keeps no connection open after its end, neither to a proxy nor a direct one", async () => {
    for (const by of [undefined, route(), route({ noProxy: "127.0.0.0/8" })]) {
      const own = openDispatcher(by);
      await clientOf(github, { dispatcher: own.dispatcher }).list(never);
      await own.close();
      const thrown = await rejection(clientOf(github, { dispatcher: own.dispatcher }).list(never));
      expect(thrown).to.be.instanceOf(UnavailableError);
    }
    const open = async () =>
      (await github.connections()) + (await promisify(proxy.getConnections.bind(proxy))());
    await until("no connection", async () => (await open()) === 0, soon());
  });

  it("tells a proxy that is not there by a reason that names no password", async () => {
    const error = await rejection(listBy(route({ http: "http://me:pass@127.0.0.1:1" })));
    expect(error).to.be.instanceOf(UnavailableError);
    expect(error.message).to.include("ECONNREFUSED").and.not.to.include("pass");
  });
});

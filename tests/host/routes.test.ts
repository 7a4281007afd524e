import { expect } from "chai";
import { networksBehind, parseRoutes } from "../../src/host/routes.ts";
import { network } from "../network/written.ts";

describe("parseRoutes()", () => {
  const table = [
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
    "eth0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0",
    "eth0\t0000A8C0\t00000000\t0001\t0\t0\t100\t0000FFFF\t0\t0\t0",
    "ghr-1\t00F3730A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
    "eth0\t01020304\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0",
    "",
  ].join("\n");

  it("reads destinations and masks, and leaves the default route out", () => {
    expect(parseRoutes(table)).to.deep.equal([
      { by: "eth0", network: network("192.168.0.0/16") },
      { by: "ghr-1", network: network("10.115.243.0/24") },
      { by: "eth0", network: network("4.3.2.1/32") },
    ]);
  });

  it("reads a table without routes", () => {
    expect(parseRoutes(`${table.split("\n")[0]}\n`)).to.deep.equal([]);
  });
});

describe("networksBehind()", () => {
  it("names no network of interfaces that there are not", async () => {
    expect(await networksBehind(/^no-such-interface$/)).to.deep.equal([]);
  });
});

import { createServer } from "node:http";
import { join } from "node:path";
import { expect } from "chai";
import { silentLogger } from "charm-kit";
import { openUnit } from "../../src/unit/open-unit.ts";
import type { Telemetry } from "../../src/unit/telemetry.ts";
import { lonelySystem } from "../charm/lonely-system.ts";
import { rejection } from "../support/rejection.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

const signal = new AbortController().signal;

describe("A unit's telemetry", () => {
  const directory = useTemporaryDirectory();
  let outcomes: string[];
  const told: Telemetry = {
    onGithubAnswer: () => undefined,
    onLxdAnswer: ({ outcome, seconds }) => {
      expect(seconds).to.be.within(0, 60);
      outcomes.push(outcome);
    },
    onDemand: () => undefined,
    onDemandMessage: () => undefined,
    onPolicyCheck: () => undefined,
    onImage: () => undefined,
  };
  const open = (telemetry: Telemetry | undefined) => {
    const system = lonelySystem(directory.path);
    return openUnit({
      appName: "runners",
      unitName: "runners/0",
      deployment: "6d1a7c50-0000-4000-8000-000000000000",
      system: { ...system, env: { LXD_SOCKET: join(directory.path, "lxd.socket") } },
      dispatchCommand: () => Promise.resolve(undefined),
      log: silentLogger,
      telemetry,
    });
  };
  beforeEach(() => {
    outcomes = [];
  });

  it("hears of LXD's answers", async () => {
    const answer = { type: "error", error: "not found", error_code: 404 };
    const lxd = createServer((_request, response) => {
      response.writeHead(404, { "content-type": "application/json" }).end(JSON.stringify(answer));
    }).listen(join(directory.path, "lxd.socket"));
    await new Promise((resolve) => lxd.once("listening", resolve));
    try {
      for (const telemetry of [told, undefined]) {
        const unit = open(telemetry);
        await rejection(unit.machines.list(signal));
        await unit.close();
      }
      expect(outcomes).not.to.be.empty;
      expect(new Set(outcomes)).to.deep.equal(new Set(["refused"]));
    } finally {
      lxd.closeAllConnections();
      await new Promise((resolve) => lxd.close(resolve));
    }
  });
});

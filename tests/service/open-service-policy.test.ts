import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { expect } from "chai";
import { Redactor, silentLogger } from "charm-kit";
import { openServicePolicy } from "../../src/service/open-service-policy.ts";
import type { ServicePolicy } from "../../src/service/service-policy.ts";
import { writeSettings } from "../../src/unit/service-settings.ts";
import type { Telemetry } from "../../src/unit/telemetry.ts";
import { lonelySystem } from "../charm/lonely-system.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";
import { sampleSettings } from "./sample-settings.ts";
import { soon } from "../support/patience.ts";

/** Of this process alone: the port is always the same. */
const GATEWAY = `127.99.${(process.pid >> 8) & 0xff}.${process.pid & 0xff}`;

describe("The built-in policy of a unit's service", () => {
  const temporary = useTemporaryDirectory();
  let lxd: Server;
  let policy: ServicePolicy;
  let told: string[];
  let openings: number;

  beforeEach(async () => {
    [told, openings] = [[], 0];
    const bridge = { config: { "ipv4.address": `${GATEWAY}/8` } };
    lxd = createServer((_request, response) =>
      response.end(JSON.stringify({ type: "sync", metadata: bridge })),
    );
    const socket = join(temporary.path, "lxd.socket");
    await new Promise<void>((resolve) => lxd.listen(socket, resolve));
    const settings = sampleSettings();
    const path = join(temporary.path, "settings.json");
    const { setup } = settings;
    const organisation = { kind: "organisation", organisation: "octo" } as const;
    const configuration = { ...setup.configuration, path: organisation, policy: { by: "charm" } as const };
    await writeSettings(path, { ...settings, setup: { ...setup, configuration } });
    const telemetry = (): Telemetry => {
      const opened = ++openings;
      return {
        onGithubAnswer: () => told.push("GitHub"),
        onLxdAnswer: () => undefined,
        onDemand: () => undefined,
        onDemandMessage: () => undefined,
        onPolicyCheck: (verdict) => told.push(`${verdict}, ${opened === openings ? "latest" : "earlier"}`),
        onImage: () => undefined,
      };
    };
    policy = openServicePolicy({
      system: { ...lonelySystem(temporary.path), env: { LXD_SOCKET: socket } },
      slug: "runners-0",
      path,
      log: silentLogger,
      redactor: new Redactor(),
      telemetry,
    });
  });
  afterEach(async () => {
    await policy.close();
    lxd.closeAllConnections();
    await new Promise((resolve) => lxd.close(resolve));
  });

  const check = (url: string, token: string) =>
    fetch(`${url}/push/check-run`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ repository_name: "somebody/else" }),
    });

  it("counts the verdict of each check with the metrics of the moment, and no other request", async () => {
    const answer = await policy.issue(soon());
    if ("fault" in answer) throw new Error(answer.fault);
    expect(answer.url).to.equal(`http://${GATEWAY}:8470`);
    expect((await check(answer.url, "unknown")).status).to.equal(401);
    expect(told).to.deep.equal([]);
    expect((await check(answer.url, answer.token)).status).to.equal(403);
    expect(told).to.deep.equal(["refused, latest"]);
  });
});

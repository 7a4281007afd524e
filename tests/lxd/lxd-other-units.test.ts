import { expect } from "chai";
import type { LxdClient } from "lxd-client";
import { LxdOtherUnits } from "../../src/lxd/lxd-other-units.ts";
import { KEYS, ownerConfig, type Owner } from "../../src/lxd/ownership.ts";
import { soon } from "../support/patience.ts";

const DEPLOYMENT = "9f484882-2f18-4fd2-967d-db9663db7bea";
const owner = (unitName: string): Owner => ({ unitName, deployment: DEPLOYMENT });
const runner = (unitName: string, location: string, status = "Running") => ({
  name: `${unitName.replace("/", "-")}-a`,
  status,
  location,
  config: { ...ownerConfig(owner(unitName), "runner"), [KEYS.phase]: "ready" },
});

describe("mayHaveJobs()", () => {
  let inspected: string[];
  const mayHaveJobs = (member: string | undefined, instances: readonly object[]) => {
    inspected = [];
    const client = {
      server: { info: () => Promise.resolve({ member }) },
      instances: { list: () => Promise.resolve(instances) },
      exec: {
        run: (name: string) => {
          inspected.push(name);
          return Promise.resolve({ stdout: "busy\n" });
        },
      },
    } as unknown as LxdClient;
    return new LxdOtherUnits(client, owner("runners/0"), ["activity"]).mayHaveJobs(soon());
  };

  it("looks at the runners of other units on this member of a cluster only", async () => {
    const elsewhere = [
      runner("runners/0", "m1"),
      runner("runners/1", "m2"),
      runner("others/0", "m1", "Stopped"),
    ];
    expect(await mayHaveJobs("m1", elsewhere)).to.equal(false);
    expect(inspected).to.deep.equal([]);
    expect(await mayHaveJobs("m1", [...elsewhere, runner("others/1", "m1")])).to.equal(true);
    expect(inspected).to.deep.equal(["others-1-a"]);
  });

  it("looks at those of all other units where LXD stands alone", async () => {
    expect(await mayHaveJobs(undefined, [runner("runners/0", "none")])).to.equal(false);
    expect(await mayHaveJobs(undefined, [runner("others/0", "none")])).to.equal(true);
  });
});

import { expect } from "chai";
import { LxdError, type ClusterMember, type Instance, type LxdClient } from "lxd-client";
import { lostInstances } from "../../src/lxd/lost-instances.ts";
import { KEYS, ownerText } from "../../src/lxd/ownership.ts";
import { rejection } from "../support/rejection.ts";
import { soon } from "../support/patience.ts";

const OWNER = { unitName: "runners/0", deployment: "9f484882-2f18-4fd2-967d-db9663db7bea" };
const signal = soon;
const member = (name: string, status: string): ClusterMember => ({ name, url: "", status, message: "" });
const instance = (name: string, location: string, change: Partial<Instance> = {}) =>
  ({ name, location, status: "Error", config: {}, ...change }) as Instance;
const MEMBERS = [member("m1", "Online"), member("m2", "Offline"), member("m3", "Evacuated")];

/** A cluster, and whether it was asked for its members. */
function cluster(members: () => Promise<readonly ClusterMember[]> = () => Promise.resolve(MEMBERS)) {
  let asked = 0;
  const client = {
    cluster: {
      members: () => {
        asked += 1;
        return members();
      },
    },
  } as unknown as Pick<LxdClient, "cluster">;
  return { client, asked: () => asked };
}

describe("lostInstances()", () => {
  it("gives those on members that are offline, and no other ones in error", async () => {
    const { client } = cluster();
    const listed = [
      instance("runs", "m1", { status: "Running", config: { a: "b" } }),
      instance("broken", "m1"),
      instance("lost", "m2"),
      instance("lost-too", "m2"),
      instance("evacuated", "m3"),
    ];
    expect(await lostInstances({ client, owner: OWNER }, listed, signal())).to.deep.equal({
      names: ["lost", "lost-too"],
      units: ["runners/0"],
      unit: "runners/0",
    });
  });

  it("names the application's units that can create runners on members which answer, each once", async () => {
    const { client } = cluster();
    const of = (unitName: string, role: string, location: string, deployment = OWNER.deployment) =>
      instance(`${unitName}-${role}-${location}`, location, {
        status: "Running",
        config: { [KEYS.owner]: ownerText({ unitName, deployment }), [KEYS.role]: role },
      });
    const listed = [
      of("runners/0", "runner", "m1"),
      of("runners/10", "template", "m1"),
      of("runners/10", "runner", "m1"),
      of("runners/2", "builder", "m1"),
      of("runners/3", "runner", "m3"),
      of("runners/4", "runner", "m1", "another"),
      of("runners-b/5", "runner", "m1"),
      of("other/6", "runner", "m1"),
      instance("stranger", "m1", { status: "Running", config: { a: "b" } }),
      instance("lost", "m2"),
    ];
    const found = await lostInstances({ client, owner: OWNER }, listed, signal());
    expect(found?.units).to.deep.equal(["runners/0", "runners/10"]);
  });

  it("asks for no members while no instance is in error without its configuration", async () => {
    const { client, asked } = cluster();
    const listed = [
      instance("alone", "none"),
      instance("broken", "m2", { config: { a: "b" } }),
      instance("runs", "m1", { status: "Running" }),
    ];
    expect(await lostInstances({ client, owner: OWNER }, listed, signal())).to.equal(undefined);
    expect(asked()).to.equal(0);
  });

  it("gives none while LXD refuses to tell of members, and fails when LXD cannot be reached", async () => {
    const refused = cluster(() => Promise.reject(new LxdError("list the cluster members", 500, "busy")));
    expect(
      await lostInstances({ client: refused.client, owner: OWNER }, [instance("lost", "m2")], signal()),
    ).to.equal(undefined);
    const away = cluster(() => Promise.reject(new Error("away")));
    const error = await rejection(
      lostInstances({ client: away.client, owner: OWNER }, [instance("lost", "m2")], signal()),
    );
    expect(error.message).to.equal("away");
  });
});

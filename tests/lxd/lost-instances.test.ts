import { expect } from "chai";
import { LxdError, type ClusterMember, type Instance, type LxdClient } from "lxd-client";
import { lostInstances } from "../../src/lxd/lost-instances.ts";
import { rejection } from "../support/rejection.ts";
import { soon } from "../support/patience.ts";

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
    expect(await lostInstances(client, listed, signal())).to.deep.equal(["lost", "lost-too"]);
  });

  it("asks for no members while no instance is in error without its configuration", async () => {
    const { client, asked } = cluster();
    const listed = [
      instance("alone", "none"),
      instance("broken", "m2", { config: { a: "b" } }),
      instance("runs", "m1", { status: "Running" }),
    ];
    expect(await lostInstances(client, listed, signal())).to.deep.equal([]);
    expect(asked()).to.equal(0);
  });

  it("gives none while LXD refuses to tell of members, and fails when LXD cannot be reached", async () => {
    const refused = cluster(() => Promise.reject(new LxdError("list the cluster members", 500, "busy")));
    expect(await lostInstances(refused.client, [instance("lost", "m2")], signal())).to.deep.equal([]);
    const away = cluster(() => Promise.reject(new Error("away")));
    const error = await rejection(lostInstances(away.client, [instance("lost", "m2")], signal()));
    expect(error.message).to.equal("away");
  });
});

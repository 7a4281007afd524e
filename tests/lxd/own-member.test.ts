import { join } from "node:path";
import { expect } from "chai";
import { LxdClient, LxdError, socketAt, type ClusterMember, type Outcome } from "lxd-client";
import { createInCluster, isUnfinished, membershipOf } from "../../src/lxd/own-member.ts";
import { rejection } from "../support/rejection.ts";
import { soon } from "../support/patience.ts";

interface Thing {
  readonly name: string;
  readonly config?: Readonly<Record<string, string>>;
}

/** Objects of a cluster, as LXD keeps them: created once all members have a definition. */
class Things {
  status: string | undefined;
  definitions = new Map<string, Thing>();
  created: Thing | undefined;
  readonly #members: readonly string[];

  constructor(members: readonly string[], status?: string) {
    this.#members = members;
    this.status = status;
    if (status !== undefined) this.definitions.set("m1", { name: "runners-0" });
  }

  get(name: string) {
    if (this.status === undefined) return Promise.reject(new LxdError(`read '${name}'`, 404, "not found"));
    return Promise.resolve({ status: this.status });
  }

  create(thing: Thing, _signal: AbortSignal, member?: string): Promise<Outcome> {
    if (member !== undefined) {
      if (this.definitions.has(member)) return refuse(`already defined on member "${member}"`);
      this.definitions.set(member, thing);
      this.status = "Pending";
    } else {
      if (this.#members.some((each) => !this.definitions.has(each))) return refuse("not defined on nodes");
      if (this.status === "Created") return refuse("already created");
      this.status = "Created";
      this.created = thing;
    }
    return Promise.resolve({ state: "done", value: undefined });
  }

  delete() {
    this.status = undefined;
    this.definitions = new Map();
    return Promise.resolve({ state: "done", value: "deleted" } as const);
  }
}

function refuse(detail: string): Promise<never> {
  return Promise.reject(new LxdError("create", 400, detail));
}

describe("membershipOf()", () => {
  const membership = (path: string) => membershipOf(new LxdClient(socketAt(path)));

  it("is none on a machine without LXD, where the unit installs it next", async () => {
    const absent = membership(join(import.meta.dirname, "no-such.socket"));
    expect(await absent.evacuatedMember(soon())).to.equal(undefined);
    expect(await absent.isMember(soon())).to.equal(false);
  });

  it("is not known while LXD does not answer", async () => {
    // A file that nobody listens at.
    const silent = membership(import.meta.filename);
    expect(await rejection(silent.evacuatedMember(soon()))).to.include({ code: "lxd-unreachable" });
  });
});

describe("createInCluster()", () => {
  const whole = { name: "runners-0", config: { "user.owner": "me" } };
  const definition = (isOwn: boolean) => ({ name: "runners-0", config: isOwn ? { source: "/own" } : {} });
  const create = (things: Things, members: readonly string[]) => {
    const listed = members.map((name): ClusterMember => ({ name, url: "", status: "Online", message: "" }));
    const client = { cluster: { members: () => Promise.resolve(listed) } } as unknown as LxdClient;
    return createInCluster(client, things, { whole, definition, member: "m2" }, soon());
  };

  it("defines the object for each member, with its own part for the own one only, and then creates it", async () => {
    const things = new Things(["m1", "m2", "m3"]);
    await create(things, ["m1", "m2", "m3"]);
    expect(things.created).to.equal(whole);
    const configs = [...things.definitions].map(([name, { config }]) => [name, config]);
    expect(configs).to.deep.equal([
      ["m1", {}],
      ["m2", { source: "/own" }],
      ["m3", {}],
    ]);
  });

  for (const status of ["Pending", "Errored"]) {
    it(`starts anew when an earlier attempt has left the object ${status}`, async () => {
      const things = new Things(["m1", "m2"], status);
      await create(things, ["m1", "m2"]);
      expect(things.status).to.equal("Created");
      expect(things.definitions.get("m2")?.config).to.deep.equal({ source: "/own" });
    });
  }

  it("leaves a finished object alone when the name is taken, and tells it", async () => {
    const things = new Things(["m1", "m2"], "Created");
    expect(await rejection(create(things, ["m1", "m2"]))).to.be.instanceOf(LxdError);
    expect(things.status).to.equal("Created");
  });
});

describe("isUnfinished()", () => {
  it("is true only when the cluster has not created the object on all members", () => {
    const all = ["Pending", "Errored", "Created", "Unavailable", ""];
    expect(all.filter((status) => isUnfinished({ status }))).to.deep.equal(["Pending", "Errored"]);
  });
});

import { expect } from "chai";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Context, Relation, Resource, State, Storage } from "../../src/testing/index.ts";
import { useTemporaryDirectory } from "../../../../tests/support/temporary-directory.ts";
import { ProbeCharm } from "./behaviour-charm.ts";
import { FILES, METADATA } from "./behaviour-metadata.ts";

describe("State.fromMetadata()", () => {
  const directory = useTemporaryDirectory();

  it("makes a complete deployment that the consistency check accepts", async () => {
    const state = State.fromMetadata(METADATA);
    expect(state.relations.map(({ endpoint, kind }) => `${endpoint} ${kind}`)).to.have.members([
      "web relation",
      "db relation",
      "host subordinate",
      "cluster peer",
    ]);
    expect(state.storages.map(({ id, type }) => `${id} ${type}`)).to.deep.equal([
      "data/0 filesystem",
      "disks/0 block",
    ]);
    expect(state.resources).to.deep.equal([
      new Resource({ name: "tool", path: "/var/lib/juju/agents/unit-probe-0/resources/tool/tool.tgz" }),
    ]);
    const ctx = new Context(ProbeCharm, { metadata: METADATA });
    expect(await ctx.run(ctx.on.updateStatus(), state)).to.deep.equal(state);
  });

  it("prefers the given fields, by name", () => {
    const db = new Relation({ endpoint: "db", remoteApp: "pg" });
    const data = new Storage({ name: "data", location: "/srv" });
    const state = State.fromMetadata(FILES, {
      relations: [db],
      storages: [data],
      leader: true,
      config: { count: 5 },
    });
    expect(state.relations.filter(({ endpoint }) => endpoint === "db")).to.deep.equal([db]);
    expect(state.storages.filter(({ name }) => name === "data")).to.deep.equal([data]);
    expect([state.relations.length, state.storages.length, state.leader]).to.deep.equal([4, 2, true]);
    expect(state.config).to.deep.equal({ count: 5 });
  });

  it("leaves out optional endpoints, and takes the least number of storages, one where possible", () => {
    const charm = `name: small
summary: Small
description: Small
requires:
  db: {interface: pgsql, optional: true}
storage:
  many: {type: filesystem, multiple: {range: 2+}}
  none: {type: filesystem, multiple: {range: 0-3}}
`;
    const { relations, storages } = State.fromMetadata({ charm });
    expect(relations).to.deep.equal([]);
    expect(storages.map(({ id }) => id)).to.deep.equal(["many/0", "many/1", "none/0"]);
  });

  it("State.fromCharm() reads the files of a charm", async () => {
    const charm = join(directory.path, "charm");
    await mkdir(charm);
    for (const [name, text] of Object.entries(FILES)) await writeFile(join(charm, `${name}.yaml`), text);
    const { relations, leader } = await State.fromCharm(charm, { leader: true });
    expect(relations).to.have.lengthOf(4);
    expect(leader).to.equal(true);
  });
});

import { expect } from "chai";
import {
  listField,
  numberField,
  optionalField,
  readJujuContext,
  RelationDataAccessError,
  RelationDataFormatError,
  RelationDataTypeError,
  RelationNotFoundError,
  textField,
  TooManyRelationsError,
} from "../../src/index.ts";
import { Model } from "../../src/model/model.ts";
import { FakeHookTools } from "../fake-hook-tools.ts";
import { hookEnvironment } from "../hook-environment.ts";
import { rejection } from "../../../../tests/support/rejection.ts";

describe("Relation", () => {
  const setUp = (path = "hooks/start", env: Readonly<Record<string, string>> = {}) => {
    const tools = new FakeHookTools();
    tools.relations.set("db", [7]);
    tools.relationData.set(7, {
      pg: { version: "16" },
      "pg/0": {
        port: "5432",
        hosts: '["a","b"]',
        broken: "{oops",
        name: '"amy"',
        "private-address": "10.0.0.5",
      },
      "github-runner/3": { mine: "yes" },
      "github-runner": { ours: "yes" },
    });
    const context = readJujuContext({ ...hookEnvironment(path), ...env });
    return { tools, model: new Model({ context, tools }) };
  };
  const theOne = async ({ model }: ReturnType<typeof setUp>) => (await model.relation("db"))!;

  it("reads the data of members, and returns undefined for absent keys and for names of object members", async () => {
    const relation = await theOne(setUp());
    expect(relation).to.include({ endpoint: "db", id: 7 });
    expect(await relation.isActive()).to.equal(true);
    expect(await relation.data("pg").get("version")).to.equal("16");
    expect(await relation.data("pg/0").get("port")).to.equal("5432");
    expect(await relation.data("pg/0").get("toString")).to.equal(undefined);
    expect(await relation.data("pg/9").read()).to.deep.equal({});
  });

  it("loads the requested fields from JSON, and ignores all others", async () => {
    const bag = (await theOne(setUp())).data("pg/0");
    const loaded = await bag.load({
      port: numberField,
      hosts: listField(textField),
      password: optionalField(textField),
    });
    expect(loaded).to.deep.equal({ port: 5432, hosts: ["a", "b"], password: undefined });
  });

  const problems = [
    ["broken", textField, "it is not JSON"],
    ["absent", textField, "it is absent"],
    ["name", numberField, "it is not a number"],
    ["hosts", listField(numberField), "it is not a number"],
  ] as const;
  for (const [key, reader, problem] of problems) {
    it(`reports that "${key}" cannot be read because ${problem}, without its value`, async () => {
      const thrown = await rejection((await theOne(setUp())).data("pg/0").load({ [key]: reader }));
      expect(thrown)
        .to.be.instanceOf(RelationDataFormatError)
        .and.include({
          code: "relation-data-format",
          key,
          message: `Cannot read "${key}" in the data of pg/0 in relation db:7: ${problem}`,
        });
      expect(String(thrown.stack)).not.to.include("oops");
    });
  }

  it("saves fields as JSON, and removes undefined ones", async () => {
    const fixture = setUp();
    const bag = (await theOne(fixture)).data(fixture.model.unit);
    await bag.save({ port: 80, hosts: ["a"], name: "amy" });
    await bag.save({ name: undefined });
    expect(fixture.tools.shared.get("7 unit")).to.deep.equal({ port: "80", hosts: '["a"]' });
  });

  it("refuses an empty key and a value that is not a string before it calls a tool", async () => {
    const fixture = setUp();
    const bag = (await theOne(fixture)).data(fixture.model.unit);
    for (const values of [
      { "": "x" },
      { port: 80 as unknown as string },
      { good: "x", bad: null as unknown as string },
    ]) {
      expect(await rejection(bag.update(values)))
        .to.be.instanceOf(RelationDataTypeError)
        .with.property("code", "relation-data-type");
    }
    expect(fixture.tools.calls).to.deep.equal(["relationIDs"]);
  });

  it("lets only the leader write and read application data in a relation with another application", async () => {
    const fixture = setUp();
    const relation = await theOne(fixture);
    const bag = relation.data(fixture.model.app);
    for (const work of [bag.set("a", "b"), bag.read(), relation.data("github-runner").read()]) {
      expect(await rejection(work))
        .to.be.instanceOf(RelationDataAccessError)
        .with.property("code", "relation-data-access");
    }
    expect(fixture.tools.calls).not.to.include("relationSet").and.not.to.include("relationGet");
    fixture.tools.leader = true;
    await bag.set("a", "b");
    expect(fixture.tools.shared.get("7 app")).to.deep.equal({ a: "b" });
    expect(await bag.get("ours")).to.equal("yes");
  });

  it("lets every unit read application data in a peer relation, and only the leader write it", async () => {
    const fixture = setUp();
    fixture.tools.relationData.set(7, { "github-runner/1": {}, "github-runner": { ours: "yes" } });
    const bag = (await theOne(fixture)).data(fixture.model.app);
    expect(await bag.get("ours")).to.equal("yes");
    expect(await rejection(bag.delete("ours"))).to.be.instanceOf(RelationDataAccessError);
  });

  it("omits the broken relation from the list, but still reads its data", async () => {
    const env = { JUJU_RELATION_ID: "db:7", JUJU_REMOTE_APP: "pg" };
    const { model, tools } = setUp("hooks/db-relation-broken", env);
    tools.relations.set("db", [7, 8]);
    expect((await model.relations("db")).map(({ id }) => id)).to.deep.equal([8]);
    const broken = model.relationByID({ endpoint: "db", id: 7 });
    expect(await broken.isActive()).to.equal(false);
    expect(await broken.data("pg/0").get("port")).to.equal("5432");
  });

  it("reads as empty when it no longer exists, and refuses writes before the end of the dispatch", async () => {
    const fixture = setUp();
    const { model } = fixture;
    const gone = model.relationByID({ endpoint: "db", id: 9 });
    expect(await gone.isActive()).to.equal(false);
    expect(await gone.units()).to.deep.equal([]);
    expect(await gone.app()).to.equal(undefined);
    for (const member of ["pg", "pg/0", "github-runner/3"])
      expect(await gone.data(member).read()).to.deep.equal({});
    expect(await rejection(gone.remoteModel())).to.be.instanceOf(RelationNotFoundError);
    expect(await rejection(gone.data(model.unit).set("a", "b"))).to.be.instanceOf(RelationNotFoundError);
  });

  it("refuses to choose between several relations", async () => {
    const { model, tools } = setUp();
    tools.relations.set("db", [7, 8]);
    expect(await rejection(model.relation("db")))
      .to.be.instanceOf(TooManyRelationsError)
      .and.include({ code: "too-many-relations", endpoint: "db", count: 2 });
    expect(await model.relation("other")).to.equal(undefined);
  });
});

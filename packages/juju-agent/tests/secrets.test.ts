import { expect } from "chai";
import { stat } from "node:fs/promises";
import { join } from "node:path";

import type { AgentState } from "../src/state/agent-state.ts";
import { rejection } from "./rejection.ts";
import { Bench, NEVER } from "./tiny-charm.ts";

const ID = "9m4e2mr0ui3e8a215n4g";

/** Writes down what the hook is about, and what it reads by a plain secret-get. */
const TELLING = [
  'if [ "$JUJU_HOOK_NAME" = secret-changed ]; then',
  `  echo "$JUJU_SECRET_ID $JUJU_SECRET_LABEL $(secret-get ${ID} token)" >>told`,
  "  [ ! -e fail ]",
  "fi",
].join("\n");

describe("UnitAgent and the secrets of its model", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.make();
  });
  afterEach(() => bench.dispose());

  const secrets = () => bench.agent.secrets;
  const add = () => secrets().add({ id: ID, name: "mine", content: { token: "one" } }, NEVER);
  const grant = () => secrets().grant("mine", ["tiny"], NEVER);
  const update = (token: string) => secrets().update("mine", { token }, NEVER);
  const get = (...words: string[]) => bench.run(`secret-get ${words.join(" ")} 2>&1; echo exit=$?`);
  const told = () => bench.run("cat told 2>/dev/null; true");

  it("let an application read what it is granted, by any form of its name, and nothing else", async () => {
    await bench.deploy("true");
    await add();
    expect(await get(ID)).to.equal("ERROR permission denied\nexit=1");
    await grant();
    expect(await get(`secret:${ID}`, "--format=json")).to.equal('{"token":"one"}\nexit=0');
    expect(await get(ID, "token", "--label", "ours")).to.equal("one\nexit=0");
    expect(await get("--label", "ours", "--format=json")).to.equal('{"token":"one"}\nexit=0');
    expect(await get("--label", "theirs")).to.equal('ERROR consumer label "theirs" not found\nexit=1');
    expect(await get(ID, "other")).to.equal('ERROR secret key value "other" not found\nexit=1');
    await secrets().revoke("mine", ["tiny"], NEVER);
    expect(await get(ID)).to.equal("ERROR permission denied\nexit=1");
    await secrets().remove(`secret:${ID}`, NEVER);
    expect(await get(ID)).to.equal(`ERROR secret "${ID}" not found\nexit=1`);
  });

  it("let a unit go on with the revision that it tracks until it asks for the latest", async () => {
    await bench.deploy("true");
    await add();
    await grant();
    expect(await get(ID, "token")).to.equal("one\nexit=0");
    await update("two");
    expect(await get(ID, "token")).to.equal("one\nexit=0");
    expect(await get(ID, "token", "--peek")).to.equal("two\nexit=0");
    expect(await get(ID, "token")).to.equal("one\nexit=0");
    expect(await get(ID, "token", "--refresh")).to.equal("two\nexit=0");
    expect(await get(ID, "token")).to.equal("two\nexit=0");
  });

  it("have a unit that has read one told of a new revision, once, with what it called the secret", async () => {
    await bench.deploy(TELLING);
    await add();
    await grant();
    await update("two");
    expect(bench.contexts()).not.to.include("secret-changed");
    expect(await get(ID, "token", "--label", "ours")).to.equal("two\nexit=0");
    await update("two");
    expect(await told(), "the same content is no revision").to.equal("");
    await update("three");
    expect(await told()).to.equal(`secret:${ID} ours two`);
    await bench.agent.fireHook("tiny/0", "update-status", NEVER);
    expect(bench.contexts().filter((name) => name === "secret-changed")).to.have.length(1);
    await update("four");
    expect(await told()).to.equal(`secret:${ID} ours two\nsecret:${ID} ours two`);
  });

  it("tell a unit again that failed, of the newest revision, and then no more", async () => {
    await bench.deploy(TELLING);
    await add();
    await grant();
    await get(ID);
    await bench.run("touch fail");
    expect(String(await rejection(update("two")))).to.include('hook failed: "secret-changed"');
    expect(String(await rejection(update("three")))).to.include('hook failed: "secret-changed"');
    await bench.run("rm fail; : >told");
    await bench.restarted().resolve("tiny/0", true, NEVER);
    expect((await told()).split("\n")).to.deep.equal([`secret:${ID}  one`, `secret:${ID}  one`]);
    const { applications } = await bench.agent.status();
    expect(applications["tiny"]?.units["tiny/0"]?.["workload-status"].current).to.equal("unknown");
  });

  it("do not tell a unit of what it may read no more", async () => {
    await bench.deploy(TELLING);
    await add();
    await grant();
    await get(ID);
    await secrets().revoke("mine", ["tiny"], NEVER);
    await update("two");
    expect(bench.contexts()).not.to.include("secret-changed");
    await grant();
    expect(await told()).to.equal(`secret:${ID}  one`);
  });

  it("are refused for applications that are not there, under a name that is taken, or when there is none", async () => {
    await bench.deploy("true");
    expect(String(await rejection(update("two")))).to.include(
      'Cannot find the secret "mine": there are none',
    );
    await add();
    expect(String(await rejection(add()))).to.include('there is one named "mine", update it');
    const other = secrets().grant("mine", ["tiny", "other"], NEVER);
    expect(String(await rejection(other))).to.include('there is no application "other"');
    expect(await bench.agent.secrets.list()).to.deep.equal([
      { id: ID, name: "mine", revision: 1, grants: [] },
    ]);
  });

  it("are no longer granted to an application that is gone", async () => {
    await bench.deploy("true");
    await add();
    await grant();
    await bench.agent.remove("tiny", false, NEVER);
    expect(await bench.agent.secrets.list()).to.deep.equal([
      { id: ID, name: "mine", revision: 1, grants: [] },
    ]);
  });

  it("cannot be changed by a charm, which owns none", async () => {
    await bench.deploy("true");
    await add();
    await grant();
    expect(await bench.run(`secret-set ${ID} token=x 2>&1; secret-ids --format=json`)).to.equal(
      "ERROR permission denied\nnull",
    );
    expect(await bench.run("secret-add token=x")).to.match(/^ERROR cannot add a secret: .*not supported$/);
  });

  it("are in a file that nobody else can read, without the revisions that nobody tracks", async () => {
    await bench.deploy("true");
    await add();
    await grant();
    await get(ID);
    for (const token of ["two", "three"]) await update(token);
    const { mode } = await stat(join(bench.directory, "state.json"));
    expect((mode & 0o777).toString(8)).to.equal("600");
    const state = JSON.parse(await bench.run(`cat ${join(bench.directory, "state.json")}`)) as AgentState;
    expect(state.secrets?.[ID]?.revisions).to.deep.equal({ 1: { token: "one" }, 3: { token: "three" } });
  });
});

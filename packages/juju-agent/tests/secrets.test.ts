import { expect } from "chai";
import { stat } from "node:fs/promises";
import { join } from "node:path";

import type { AgentState } from "../src/state/agent-state.ts";
import { rejection } from "../../../tests/support/rejection.ts";
import { AgentFixture, NEVER } from "./tiny-charm.ts";

const ID = "9m4e2mr0ui3e8a215n4g";

/** Records the secret of the hook, and the content that a plain secret-get reads. */
const RECORDING = [
  'if [ "$JUJU_HOOK_NAME" = secret-changed ]; then',
  `  echo "$JUJU_SECRET_ID $JUJU_SECRET_LABEL $(secret-get ${ID} token)" >>recorded`,
  "  [ ! -e fail ]",
  "fi",
].join("\n");

describe("UnitAgent and the secrets of its model", () => {
  let fixture: AgentFixture;
  beforeEach(async () => {
    fixture = await AgentFixture.make();
  });
  afterEach(() => fixture.dispose());

  const secrets = () => fixture.agent.secrets;
  const add = () => secrets().add({ id: ID, name: "mine", content: { token: "one" } }, NEVER);
  const grant = () => secrets().grant("mine", ["tiny"], NEVER);
  const update = (token: string) => secrets().update("mine", { token }, NEVER);
  const get = (...words: string[]) => fixture.run(`secret-get ${words.join(" ")} 2>&1; echo exit=$?`);
  const recorded = () => fixture.run("cat recorded 2>/dev/null; true");

  it("are readable only with a grant, by ID, URI or label", async () => {
    await fixture.deploy("true");
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

  it("keep a unit at its tracked revision until it asks for the latest", async () => {
    await fixture.deploy("true");
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

  it("run secret-changed once for a new revision in a unit that has read the secret, with the unit's label", async () => {
    await fixture.deploy(RECORDING);
    await add();
    await grant();
    await update("two");
    expect(fixture.contexts()).not.to.include("secret-changed");
    expect(await get(ID, "token", "--label", "ours")).to.equal("two\nexit=0");
    await update("two");
    expect(await recorded(), "the same content is no revision").to.equal("");
    await update("three");
    expect(await recorded()).to.equal(`secret:${ID} ours two`);
    await fixture.agent.fireHook("tiny/0", "update-status", NEVER);
    expect(fixture.contexts().filter((name) => name === "secret-changed")).to.have.length(1);
    await update("four");
    expect(await recorded()).to.equal(`secret:${ID} ours two\nsecret:${ID} ours two`);
  });

  it("retry a failed secret-changed with the newest revision, once", async () => {
    await fixture.deploy(RECORDING);
    await add();
    await grant();
    await get(ID);
    await fixture.run("touch fail");
    expect(String(await rejection(update("two")))).to.include('hook failed: "secret-changed"');
    expect(String(await rejection(update("three")))).to.include('hook failed: "secret-changed"');
    await fixture.run("rm fail; : >recorded");
    await fixture.restarted().resolve("tiny/0", true, NEVER);
    expect((await recorded()).split("\n")).to.deep.equal([`secret:${ID}  one`, `secret:${ID}  one`]);
    const { applications } = await fixture.agent.status();
    expect(applications["tiny"]?.units["tiny/0"]?.["workload-status"].current).to.equal("unknown");
  });

  it("run no secret-changed in a unit without a grant", async () => {
    await fixture.deploy(RECORDING);
    await add();
    await grant();
    await get(ID);
    await secrets().revoke("mine", ["tiny"], NEVER);
    await update("two");
    expect(fixture.contexts()).not.to.include("secret-changed");
    await grant();
    expect(await recorded()).to.equal(`secret:${ID}  one`);
  });

  it("are refused for an unknown application, a duplicate name or an unknown secret", async () => {
    await fixture.deploy("true");
    expect(String(await rejection(update("two")))).to.include(
      'Cannot find the secret "mine": there are none',
    );
    await add();
    expect(String(await rejection(add()))).to.include('"mine" already exists, update it');
    const other = secrets().grant("mine", ["tiny", "other"], NEVER);
    expect(String(await rejection(other))).to.include('application "other" not found');
    expect(await fixture.agent.secrets.list()).to.deep.equal([
      { id: ID, name: "mine", revision: 1, grants: [] },
    ]);
  });

  it("lose the grants of a removed application", async () => {
    await fixture.deploy("true");
    await add();
    await grant();
    await fixture.agent.remove("tiny", false, NEVER);
    expect(await fixture.agent.secrets.list()).to.deep.equal([
      { id: ID, name: "mine", revision: 1, grants: [] },
    ]);
  });

  it("cannot be changed by a charm", async () => {
    await fixture.deploy("true");
    await add();
    await grant();
    expect(await fixture.run(`secret-set ${ID} token=x 2>&1; secret-ids --format=json`)).to.equal(
      "ERROR permission denied\nnull",
    );
    expect(await fixture.run("secret-add token=x")).to.match(/^ERROR cannot add a secret: .*not supported$/);
  });

  it("are stored in a file that only root can read, without untracked revisions", async () => {
    await fixture.deploy("true");
    await add();
    await grant();
    await get(ID);
    for (const token of ["two", "three"]) await update(token);
    const { mode } = await stat(join(fixture.directory, "state.json"));
    expect((mode & 0o777).toString(8)).to.equal("600");
    const state = JSON.parse(await fixture.run(`cat ${join(fixture.directory, "state.json")}`)) as AgentState;
    expect(state.secrets?.[ID]?.revisions).to.deep.equal({ 1: { token: "one" }, 3: { token: "three" } });
  });
});

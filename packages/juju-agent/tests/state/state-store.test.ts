import { expect } from "chai";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { AgentState } from "../../src/state/agent-state.ts";
import { StateStore } from "../../src/state/state-store.ts";
import { rejection } from "../../../../tests/support/rejection.ts";

const EMPTY: AgentState = {
  format: 1,
  model: { name: "m", uuid: "u", config: {} },
  applications: {},
  units: {},
  actions: [],
  nextActionId: 1,
};

describe("StateStore", () => {
  let path: string;
  beforeEach(async () => {
    path = join(await mkdtemp(join(tmpdir(), "agent-state-")), "state.json");
  });
  afterEach(() => rm(join(path, ".."), { recursive: true, force: true }));

  const open = () => StateStore.open(path, () => EMPTY);

  it("update() keeps all concurrent changes", async () => {
    const store = await open();
    const count = (state: AgentState) => ({ ...state, nextActionId: state.nextActionId + 1 });
    await Promise.all(Array.from({ length: 20 }, () => store.update(count)));
    expect((await open()).state.nextActionId).to.equal(21);
  });

  it("makes the file readable only by its owner, because options may contain secrets", async () => {
    await (await open()).update((state) => state);
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
  });

  it("ignores and replaces the partial file of a killed writer", async () => {
    await (await open()).update((state) => ({ ...state, nextActionId: 7 }));
    await writeFile(`${path}.${2 ** 22 + 1}-abc~`, '{"format":1,"half');
    const store = await open();
    expect(store.state.nextActionId).to.equal(7);
    await store.update((state) => ({ ...state, nextActionId: 8 }));
    expect((JSON.parse(await readFile(path, "utf8")) as AgentState).nextActionId).to.equal(8);
    expect(await readdir(join(path, ".."))).to.deep.equal(["state.json"]);
  });

  const damaged = ["", '{"half', "null", "[]", '{"format":1}', JSON.stringify({ ...EMPTY, units: [] })];
  for (const text of [...damaged, '{"format":2}']) {
    it(`refuses ${text || "an empty file"}`, async () => {
      await writeFile(path, text);
      expect(await rejection(open())).to.include({ code: "agent-request" });
    });
  }

  it("never quotes a damaged file, which may contain secrets", async () => {
    for (const text of ['"password', '{"format":1,"secrets":password}']) {
      await writeFile(path, text);
      const messages: string[] = [];
      for (let link: unknown = await rejection(open()); link instanceof Error; link = link.cause) {
        messages.push(link.message);
      }
      expect(messages.join("\n")).to.include("it is damaged").and.not.include("passw");
    }
  });
});

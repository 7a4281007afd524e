import { expect } from "chai";
import { writeFile } from "node:fs/promises";
import { systemClock } from "charm-kit";
import { HookFailedError } from "../src/agent-errors.ts";
import { rejection } from "../../../tests/support/rejection.ts";
import { UnitAgent } from "../src/unit-agent.ts";
import { assertAnswers } from "../../juju-hook-tools/tests/conformance/assert-answers.ts";
import { CASE_CHARM } from "../../juju-hook-tools/tests/conformance/case-charm.ts";
import { HOOK_TOOL_CASES, OBSERVED_JUJUS } from "../../juju-hook-tools/tests/conformance/hook-tool-cases.ts";
import type { HookToolCase, ObservedJuju } from "../../juju-hook-tools/tests/conformance/hook-tool-case.ts";
import { readReplay, replayScript } from "../../juju-hook-tools/tests/conformance/replay-script.ts";
import { AgentFixture, MACHINE, NEVER } from "./tiny-charm.ts";

const VERSIONS: Readonly<Record<ObservedJuju, string>> = { "3.6": "3.6.28", "4.0": "4.0.15" };

/** The agent has no relations, no storage and no secrets that charms own, and its one unit leads its application. */
const CASES = HOOK_TOOL_CASES.filter(({ needs = [], leader = true }) => needs.length === 0 && leader);

const CLEAN_UP = `for key in a b c nel ok smile; do state-delete "$key"; done
for port in $(opened-ports); do close-port "$port"; done`;

describe("hook tools of the agent, beside Juju", function () {
  this.timeout(300_000);
  let fixture: AgentFixture;
  let ids: Readonly<Record<string, string>>;
  beforeEach(async () => {
    fixture = await AgentFixture.make();
    await fixture.agent.deploy({ archive: await pack() }, NEVER);
    const { secrets } = fixture.agent;
    const granted = await secrets.add({ name: "granted", content: { token: "hunter2" } }, NEVER);
    const denied = await secrets.add({ name: "denied", content: { token: "other" } }, NEVER);
    await secrets.grant("granted", ["tiny"], NEVER);
    ids = { granted: granted.replace("secret:", ""), denied: denied.replace("secret:", "") };
  });
  afterEach(() => fixture.dispose());

  /** Packs the charm of the cases. Its action runs the replay. */
  async function pack(): Promise<string> {
    const replay = `case "$JUJU_DISPATCH_PATH" in actions/*) exec bash ${fixture.directory}-replay;; esac`;
    return fixture.pack(replay, CASE_CHARM);
  }

  const agentLike = (juju: ObservedJuju) =>
    new UnitAgent({
      stateDirectory: fixture.directory,
      clock: systemClock,
      machine: MACHINE,
      jujuVersion: VERSIONS[juju],
    });

  /** Replays a case in a context of its own. @returns the output of the context, and whether its end was refused */
  async function replay(agent: UnitAgent, { context, calls, actionFailure }: HookToolCase) {
    const script = replayScript(calls, ids);
    const unit = "tiny/0";
    if (context !== "action") return agent.exec(unit, script, NEVER);
    await writeFile(`${fixture.directory}-replay`, script);
    const { status, message, results } = await agent.runAction({ unit, action: "greet" }, NEVER);
    expect(message).to.equal(actionFailure ?? "");
    const { stdout: output } = results;
    return {
      exitCode: status === (actionFailure === undefined ? "completed" : "failed") ? 0 : 1,
      stdout: typeof output === "string" ? output : "",
      stderr: "",
    };
  }

  for (const juju of OBSERVED_JUJUS)
    it(`answer like Juju ${juju} in every case without relations, storage and own secrets`, async () => {
      expect(CASES.length).to.be.greaterThan(20);
      const agent = agentLike(juju);
      for (const hookCase of CASES) {
        const { exitCode, stdout, stderr } = await replay(agent, hookCase);
        assertAnswers(hookCase, juju, readReplay(stdout), ids);
        const { refusedFlush } = hookCase;
        const end = { exitCode, stderr };
        if (refusedFlush === undefined) expect(end).to.deep.equal({ exitCode: 0, stderr: "" });
        else expect(end).to.deep.equal({ exitCode: 1, stderr: `ERROR ${refusedFlush}\n` });
        await agent.exec("tiny/0", CLEAN_UP, NEVER);
      }
      // Nothing of a refused context was saved.
      expect(await fixture.run("state-get --format=json")).to.equal("null");
    });

  it("name contexts, environment and secrets like Juju", async () => {
    const agent = agentLike("4.0");
    const { stdout } = await agent.exec("tiny/0", "env", NEVER);
    expect(stdout).to.match(/^JUJU_CONTEXT_ID=tiny\/0-juju-exec-[0-9a-f]{32}$/m);
    expect(stdout).to.match(/^JUJU_VERSION=4\.0\.15$/m);
    expect(stdout).not.to.match(/^(HOME|JUJU_SLA)=/m);
    expect(ids["granted"]).to.match(/^[0-9a-v]{19}[0g]$/);
  });

  it("fail the hook whose end the controller refuses, and save none of its changes", async () => {
    const hook = "state-set lost=1; open-port 80; storage-add nosuch";
    const archive = await fixture.pack(hook, CASE_CHARM);
    const refreshed = fixture.agent.refresh("tiny", archive, false, NEVER);
    expect(await rejection(refreshed)).to.be.instanceOf(HookFailedError);
    expect(fixture.events.flatMap((event) => (event.kind === "log" ? [event.line.message] : []))).to.include(
      'hook "upgrade-charm" failed: charm storage "nosuch" not found',
    );
    expect(await fixture.run("state-get --format=json; opened-ports --format=json")).to.equal("null\n[]");
  });

  it("keep the return code of an action whose end the controller refuses", async () => {
    await writeFile(
      `${fixture.directory}-replay`,
      "state-set lost=1; storage-add nosuch; action-set done=yes",
    );
    const record = await fixture.agent.runAction({ unit: "tiny/0", action: "greet" }, NEVER);
    expect(record).to.deep.include({
      status: "failed",
      message: "committing requested changes failed",
      results: { done: "yes", "return-code": 0, stderr: 'charm storage "nosuch" not found' },
    });
    expect(await fixture.run("state-get --format=json")).to.equal("null");
  });

  it("accept an action with wrong parameters, and end its task with an error", async () => {
    const record = await fixture.agent.runAction(
      { unit: "tiny/0", action: "greet", parameters: { times: 0 } },
      NEVER,
    );
    expect(record).to.deep.include({ id: "1", status: "error", results: {} });
    expect(record.message).to.include("(root).times : must be >= 1");
    expect(fixture.contexts()).not.to.include("greet");
  });
});

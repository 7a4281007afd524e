import { expect } from "chai";
import { callTool, HOOK_TOOLS, ToolError, type JujuBackend } from "juju-hook-tools";
import { readMetadata } from "../../src/metadata/read-metadata.ts";
import { Context, PeerRelation, Relation, Secret, State, Storage } from "../../src/testing/index.ts";
import { dispatchEnvironment } from "../../src/testing/dispatch-environment.ts";
import { Simulation } from "../../src/testing/simulation/simulation.ts";
import { assertAnswers } from "../../../juju-hook-tools/tests/conformance/assert-answers.ts";
import { CASE_CHARM } from "../../../juju-hook-tools/tests/conformance/case-charm.ts";
import {
  HOOK_TOOL_CASES,
  OBSERVED_JUJUS,
} from "../../../juju-hook-tools/tests/conformance/hook-tool-cases.ts";
import type {
  HookToolCase,
  ObservedJuju,
} from "../../../juju-hook-tools/tests/conformance/hook-tool-case.ts";
import { withIds, type PrintedAnswer } from "../../../juju-hook-tools/tests/conformance/replay-script.ts";

const metadata = readMetadata({
  charm: CASE_CHARM["metadata.yaml"],
  config: CASE_CHARM["config.yaml"],
  actions: CASE_CHARM["actions.yaml"],
});
const VERSIONS: Readonly<Record<ObservedJuju, string>> = { "3.6": "3.6.28", "4.0": "4.0.15" };

function simulate({ context, leader = true, needs = [] }: HookToolCase, juju: ObservedJuju) {
  const granted = new Secret({ content: { token: "hunter2" } });
  const denied = new Secret({ content: { token: "other" }, granted: false });
  const owned = new Secret({ owner: "unit", label: "mine", content: { token: "old" } });
  const relations = needs.includes("relation")
    ? [
        new Relation({
          endpoint: "db",
          id: 7,
          remoteApp: "pg",
          remoteUnits: { 0: { name: "amy" } },
          localUnitData: {},
        }),
        new PeerRelation({ endpoint: "members", id: 8, localUnitData: {} }),
      ]
    : [];
  const storages = needs.includes("storage")
    ? [new Storage({ name: "data", index: 0, location: "/srv/data" })]
    : [];
  const { on } = new Context(() => ({}) as never, { metadata });
  const state = new State({
    leader,
    relations,
    storages,
    secrets: [granted, denied, ...(needs.includes("own-secret") ? [owned] : [])],
  });
  const simulation = new Simulation(state, {
    appName: "tiny",
    unitName: "tiny/0",
    metadata,
    event: context === "action" ? on.action("greet") : on.updateStatus(),
    jujuVersion: VERSIONS[juju],
    now: () => 0,
    onRebootNow: () => undefined,
  });
  return { simulation, ids: { granted: granted.id, denied: denied.id, owned: owned.id } };
}

async function answer(
  context: JujuBackend,
  [name = "", ...argv]: readonly string[],
  input: string,
): Promise<PrintedAnswer> {
  const tool = HOOK_TOOLS.get(name);
  if (!tool) throw new RangeError(`no tool ${name}`);
  try {
    const { stdout = "", stderr = "" } = await callTool(tool, argv, {
      context,
      directory: "/",
      stdin: Buffer.from(input),
    });
    return { code: 0, stdout, stderr };
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    return { code: thrown.exitCode, stdout: "", stderr: `ERROR ${thrown.message}\n` };
  }
}

describe("hook tools of the testing kit, beside Juju", () => {
  for (const juju of OBSERVED_JUJUS)
    for (const hookCase of HOOK_TOOL_CASES)
      it(`${hookCase.name}, as in Juju ${juju}`, async () => {
        const { simulation, ids } = simulate(hookCase, juju);
        const printed: PrintedAnswer[] = [];
        for (const { call, input = "" } of hookCase.calls)
          printed.push(
            await answer(
              simulation,
              call.map((word) => withIds(word, ids)),
              input,
            ),
          );
        assertAnswers(hookCase, juju, printed, ids);
        expect(simulation.effects.actionFailure).to.equal(hookCase.actionFailure);
        const before = simulation.transaction.committed;
        const flush = () => {
          simulation.transaction.flush();
        };
        if (hookCase.refusedFlush === undefined) expect(flush).not.to.throw();
        else {
          expect(flush).to.throw(hookCase.refusedFlush);
          expect(simulation.transaction.committed).to.equal(before);
        }
      });

  it("has a case for every tool", () => {
    const called = new Set(HOOK_TOOL_CASES.flatMap(({ calls }) => calls.map(({ call }) => call[0])));
    expect([...HOOK_TOOLS.keys()].filter((tool) => !called.has(tool))).to.deep.equal([]);
  });

  for (const juju of OBSERVED_JUJUS)
    it(`gives a secret hook the environment of Juju ${juju}`, () => {
      const { on } = new Context(() => ({}) as never, { metadata });
      const secret = new Secret({ content: { token: "hunter2" } });
      const environment = dispatchEnvironment(on.secretChanged(secret), {
        ...{ unitName: "tiny/0", contextId: "id", charmDirectory: "/c", toolsDirectory: "/t", socket: "/s" },
        ...{ path: "/bin", machineID: "0", availabilityZone: "", principalUnit: "" },
        jujuVersion: VERSIONS[juju],
        model: new State().model,
      });
      expect(environment).to.include({ JUJU_SECRET_ID: `secret:${secret.id}`, JUJU_VERSION: VERSIONS[juju] });
      expect(environment).not.to.have.any.keys("HOME", "USER");
      expect("JUJU_SLA" in environment).to.equal(juju === "3.6");
    });
});

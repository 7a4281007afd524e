import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { StatusName } from "../../src/index.ts";
import { commandLineHookTools } from "../../src/index.ts";
import { AgentFixture, NEVER } from "../../../juju-agent/tests/tiny-charm.ts";
import { CONFIG, describeHookTools, PARAMETERS, type HookToolsFixture } from "./hook-tools.contract.ts";

const OPTIONS = `options:
  text: {type: string, default: ${JSON.stringify(CONFIG.text)}}
  unset: {type: string}
  number: {type: int, default: ${CONFIG.number}}
  ratio: {type: float, default: ${CONFIG.ratio}}
  flag: {type: boolean, default: ${CONFIG.flag}}
`;
const ACTIONS = `greet:
  description: Greets
  params:
    name: {type: string, default: ${PARAMETERS.name}}
    nested: {type: object, properties: {depth: {type: integer, default: ${PARAMETERS.nested.depth}}}}
`;

/** Saves the environment of an action, and waits until the test ends it. */
const DISPATCH = `[ "$JUJU_DISPATCH_PATH" = actions/greet ] || exit 0
env -0 >environment.part
mv environment.part environment
until [ -e end ]; do sleep 0.02; done`;

describe("commandLineHookTools() with the unit agent's tools", function () {
  this.timeout(120_000);
  describeHookTools(startAction);
});

/** Runs an action in the unit agent, and calls hook tools from this process with the action's environment. */
async function startAction(): Promise<HookToolsFixture> {
  const fixture = await AgentFixture.make();
  await fixture.deploy(DISPATCH, { "config.yaml": OPTIONS, "actions.yaml": ACTIONS });
  const directory = await fixture.run("pwd");
  const ended = fixture.agent.runAction({ unit: "tiny/0", action: "greet" }, NEVER);
  while (!existsSync(`${directory}/environment`)) await new Promise((resolve) => setTimeout(resolve, 10));
  const text = readFileSync(`${directory}/environment`, "utf8");
  const env = Object.fromEntries(
    text
      .split("\0")
      .filter(Boolean)
      .map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  );
  const end = async () => {
    writeFileSync(`${directory}/end`, "");
    const { results: all, status, message, log } = await ended;
    // Without the result that the agent adds.
    const results = Object.fromEntries(Object.entries(all).filter(([key]) => key !== "return-code"));
    return { results, failure: status === "failed" ? message : undefined, progress: log };
  };
  return {
    tools: commandLineHookTools({ env, signal: NEVER }),
    lines: () =>
      fixture.events.flatMap((event) =>
        event.kind === "log" && event.line.logger.endsWith(".juju-log")
          ? [`${event.line.level} ${event.line.message}`]
          : [],
      ),
    statuses: () =>
      fixture.events.flatMap((event) =>
        event.kind === "status" && event.unit === "tiny/0"
          ? [{ name: event.status.name as StatusName, message: event.status.message }]
          : [],
      ),
    end,
    dispose: async () => {
      await end();
      await fixture.dispose();
    },
  };
}

import { readMetadata } from "../../src/metadata/read-metadata.ts";
import { Context, State } from "../../src/testing/index.ts";
import { memoryTools } from "../../src/testing/memory-tools.ts";
import { Simulation } from "../../src/testing/simulation/simulation.ts";
import { commandLineHookTools } from "../../src/tools/command-line-hook-tools.ts";
import { CONFIG, describeHookTools, PARAMETERS } from "./hook-tools.contract.ts";

const metadata = readMetadata({
  charm: "name: tiny\nsummary: A tiny charm\ndescription: For tests\n",
  config: `options:
  text: {type: string, default: ${JSON.stringify(CONFIG.text)}, description: A text}
  unset: {type: string, description: Nothing}
  number: {type: int, default: ${CONFIG.number}, description: A number}
  ratio: {type: float, default: ${CONFIG.ratio}, description: A ratio}
  flag: {type: boolean, default: ${CONFIG.flag}, description: A flag}
`,
  actions: `greet:
  description: Greets
  params:
    name: {type: string, default: ${PARAMETERS.name}, description: Who}
    nested:
      type: object
      description: An object
      properties: {depth: {type: integer, default: ${PARAMETERS.nested.depth}, description: How deep}}
`,
});

describe("hook tools of the testing kit", () => {
  describeHookTools(() => {
    const { on } = new Context(() => ({}) as never, { metadata });
    const simulation = new Simulation(new State({ leader: true }), {
      appName: "tiny",
      unitName: "tiny/0",
      metadata,
      event: on.action("greet"),
      now: () => 0,
      onRebootNow: () => undefined,
    });
    const { effects } = simulation;
    const { signal } = new AbortController();
    return Promise.resolve({
      tools: commandLineHookTools({ env: {}, signal, runTool: memoryTools(simulation, "/") }),
      lines: () => effects.log.map(({ level, message }) => `${level} ${message}`),
      statuses: () => effects.unitStatuses,
      end: () =>
        Promise.resolve({
          results: effects.actionResults,
          failure: effects.actionFailure,
          progress: effects.actionLog,
        }),
      dispose: () => Promise.resolve(),
    });
  });
});

import { FakeHookTools } from "../fake-hook-tools.ts";
import { CONFIG, describeHookTools, PARAMETERS } from "./hook-tools.contract.ts";

describe("FakeHookTools", () => {
  describeHookTools(() => {
    const tools = new FakeHookTools();
    tools.config = CONFIG;
    tools.params = PARAMETERS;
    tools.leader = true;
    return Promise.resolve({
      tools,
      lines: () => tools.lines,
      statuses: () => tools.statuses,
      end: () =>
        Promise.resolve({ results: tools.results, failure: tools.failure, progress: tools.progress }),
      dispose: () => Promise.resolve(),
    });
  });
});

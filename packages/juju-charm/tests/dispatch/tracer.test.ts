import { expect } from "chai";
import { AsyncLocalStorage } from "node:async_hooks";
import type { SpanStart, Tracer } from "../../src/index.ts";
import { charmThat, runCharm } from "../run-charm.ts";
import { useTemporaryDirectory } from "../../../../tests/support/temporary-directory.ts";

/** Records spans as `parent > name`, with `!` when they fail. */
class RecordingTracer implements Tracer {
  readonly spans: string[] = [];
  readonly starts: SpanStart[] = [];
  readonly #current = new AsyncLocalStorage<string>();
  closed = 0;

  async span<Result>(start: SpanStart, work: () => Promise<Result>): Promise<Result> {
    this.starts.push(start);
    const path = [this.#current.getStore(), start.name].filter(Boolean).join(" > ");
    try {
      const result = await this.#current.run(path, work);
      this.spans.push(path);
      return result;
    } catch (thrown) {
      this.spans.push(`${path} !`);
      throw thrown;
    }
  }

  async close(): Promise<void> {
    this.closed += 1;
    return Promise.resolve();
  }
}

describe("a tracer", () => {
  const directory = useTemporaryDirectory();

  it("gets nested spans of the dispatch, its handlers and its hook tool calls, without their arguments", async () => {
    const tracer = new RecordingTracer();
    const create = charmThat((framework, { on, unit }) => {
      framework.observe(on.start, () => unit.ports.open(80), { name: "onStart" });
      framework.observe(on.collectUnitStatus, (event) => {
        event.addStatus({ name: "active", message: "hunter2" });
      });
    });
    const { code } = await runCharm(directory.path, "hooks/start", create, { tracer });
    expect(code).to.equal(0);
    expect(tracer.spans).to.deep.equal([
      "start > onStart > openPort",
      "start > onStart",
      "start > anonymous",
      "start > statusSet",
      "start",
    ]);
    expect(tracer.starts[0]).to.deep.equal({
      kind: "dispatch",
      name: "start",
      attributes: {
        "juju.unit": "github-runner/3",
        "juju.model": "ci",
        "juju.model.uuid": "0b3c5bd2-6a4c-4f1e-8e0c-8a1f9d5f0a11",
        "juju.version": "3.6.28",
      },
    });
    expect(JSON.stringify(tracer.starts)).not.to.include("hunter2");
    expect(tracer.closed).to.equal(1);
  });

  it("gets the failure of a handler and of the dispatch, and is closed", async () => {
    const tracer = new RecordingTracer();
    const create = charmThat((framework, { on }) => {
      framework.observe(
        on.start,
        () => {
          throw new Error("no disk");
        },
        { name: "onStart" },
      );
    });
    expect((await runCharm(directory.path, "hooks/start", create, { tracer })).code).to.equal(1);
    expect(tracer.spans).to.deep.equal(["start > onStart !", "start !"]);
    expect(tracer.closed).to.equal(1);
  });

  it("that cannot deliver its spans does not fail the hook", async () => {
    const tracer: Tracer = {
      span: (_start, work) => work(),
      close: () => Promise.reject(new Error("no collector")),
    };
    const create = charmThat((framework, { on }) => {
      framework.observe(on.start, () => undefined);
    });
    const { code, tools } = await runCharm(directory.path, "hooks/start", create, { tracer });
    expect(code).to.equal(0);
    expect(tools.lines).to.deep.equal([
      'WARNING Cannot deliver the spans of the dispatch reason="no collector"',
    ]);
  });
});

/* eslint-disable @typescript-eslint/unbound-method -- Charm binds methods */
import { expect } from "chai";
import { useTemporaryDirectory } from "../../../../tests/support/temporary-directory.ts";
import { Charm, ObserveError, type Framework } from "../../src/index.ts";
import { runCharm } from "../run-charm.ts";

/** A charm that observes the start with one of several handlers. */
class ManyHandlers extends Charm {
  readonly seen: string[] = [];

  handlers(): Readonly<Record<string, unknown>> {
    return {
      privateMethod: this.#method,
      privateAsyncMethod: this.#asyncMethod,
      privateArrow: this.#arrow,
      publicMethod: this.method,
      misspelt: Reflect.get(this, "onStrat"),
      text: "onStart",
    };
  }

  #method(): void {
    this.seen.push(this.unit.name);
  }

  async #asyncMethod(): Promise<void> {
    this.seen.push(this.unit.name);
    return Promise.resolve();
  }

  readonly #arrow = (): void => {
    this.seen.push(this.unit.name);
  };

  method(): void {
    this.seen.push(this.unit.name);
  }
}

describe("observe()", () => {
  const directory = useTemporaryDirectory();

  const observe = async (
    name: string,
    event = "start",
  ): Promise<{ refusal: unknown; seen: readonly string[] }> => {
    let refusal: unknown;
    let seen: readonly string[] = [];
    const create = (framework: Framework) => {
      const charm = new ManyHandlers(framework);
      ({ seen } = charm);
      try {
        framework.observe(
          Reflect.get(charm.on, event) as typeof charm.on.start,
          charm.handlers()[name] as () => void,
        );
      } catch (thrown) {
        refusal = thrown;
      }
      return charm;
    };
    const { code } = await runCharm(directory.path, "hooks/start", create);
    expect(code).to.equal(0);
    return { refusal, seen };
  };

  for (const name of ["privateArrow", "publicMethod"])
    it(`calls a ${name} with the charm as this`, async () => {
      const { refusal, seen } = await observe(name);
      expect(refusal).to.equal(undefined);
      expect(seen).to.have.lengthOf(1);
    });

  for (const [name, problem] of [
    [
      "privateMethod",
      "#method is a private method, in which this would be undefined; write #method = async (event) => { ... }",
    ],
    [
      "privateAsyncMethod",
      "#asyncMethod is a private method, in which this would be undefined; write #asyncMethod = async (event) => { ... }",
    ],
    ["misspelt", "the handler is undefined, not a function; check its name"],
    ["text", "the handler is string, not a function; check its name"],
  ] as const)
    it(`refuses ${name}, and says why`, async () => {
      const { refusal } = await observe(name);
      expect(refusal).to.be.instanceOf(ObserveError);
      expect(refusal).to.have.property("message", `Cannot observe start: ${problem}`);
    });

  it("refuses an event that does not exist", async () => {
    const { refusal } = await observe("publicMethod", "strat");
    expect(refusal).to.have.property("message", "Cannot observe an event: it does not exist; check its name");
  });
});

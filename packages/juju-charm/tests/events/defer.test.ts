import { expect } from "chai";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  Charm,
  DeferError,
  defineEvent,
  STATE_FILE,
  StopWithStatus,
  type CharmEvent,
  type Framework,
  type RelationEvent,
} from "../../src/index.ts";
import { FakeHookTools } from "../fake-hook-tools.ts";
import { charmThat, readState, runCharm } from "../run-charm.ts";
import { useTemporaryDirectory } from "../../../../tests/support/temporary-directory.ts";

describe("CharmEvent.defer()", () => {
  const directory = useTemporaryDirectory();
  /** Events that the handlers of a test received, in order. */
  let seen: string[] = [];
  /** Observers that defer their events. */
  let deferring = new Set<string>();

  beforeEach(() => {
    seen = [];
    deferring = new Set();
  });

  const note = (observer: string) => (event: CharmEvent) => {
    const unit = "relation" in event ? ` of ${String((event as RelationEvent).unit)}` : "";
    seen.push(`${observer} ${event.name}${unit}`);
    if (deferring.has(observer)) event.defer();
  };

  /** Two named observers of some events. */
  const pair = charmThat((framework, { on }) => {
    for (const event of [on.install, on.start, on.configChanged, on.relation("db").changed]) {
      for (const name of ["one", "two"]) framework.observe(event, note(name), { name });
    }
  });
  const run = (path: string, create = pair, env: Readonly<Record<string, string>> = {}) => {
    const tools = new FakeHookTools();
    tools.relations.set("db", [1]);
    tools.relationData.set(1, { "postgres/0": {}, "postgres/1": {} });
    return runCharm(directory.path, path, create, { env, tools });
  };
  const changed = (unit: string) =>
    run("hooks/db-relation-changed", pair, { JUJU_RELATION_ID: "db:1", JUJU_REMOTE_UNIT: unit });

  it("re-emits the event before the next one, only to the observers that deferred it", async () => {
    deferring = new Set(["two"]);
    await run("hooks/install");
    deferring = new Set();
    const { code } = await run("hooks/start");
    expect(code).to.equal(0);
    expect(seen).to.deep.equal(["one install", "two install", "two install", "one start", "two start"]);
    expect(readState(directory.path)).to.deep.equal({ "#deferred": [] });
    seen = [];
    await run("hooks/start");
    expect(seen).to.deep.equal(["one start", "two start"]);
  });

  it("re-emits the event until it is no longer deferred", async () => {
    deferring = new Set(["one"]);
    await run("hooks/install");
    await run("hooks/update-status");
    await run("hooks/update-status");
    expect(seen).to.deep.equal(["one install", "two install", "one install", "one install"]);
  });

  it("re-emits events in their original order, with the facts of their own dispatch", async () => {
    deferring = new Set(["one", "two"]);
    await changed("postgres/0");
    await run("hooks/config-changed");
    await changed("postgres/1");
    seen = [];
    deferring = new Set();
    await run("hooks/update-status");
    expect(seen).to.deep.equal([
      "one db-relation-changed of postgres/0",
      "two db-relation-changed of postgres/0",
      "one config-changed",
      "two config-changed",
      "one db-relation-changed of postgres/1",
      "two db-relation-changed of postgres/1",
    ]);
  });

  it("calls an observer once for two equal events", async () => {
    deferring = new Set(["one"]);
    await changed("postgres/0");
    seen = [];
    await changed("postgres/0");
    expect(seen).to.deep.equal([
      "one db-relation-changed of postgres/0",
      "two db-relation-changed of postgres/0",
    ]);
    seen = [];
    deferring = new Set();
    await changed("postgres/0");
    // The deferred event is handled before the new one, so both are delivered.
    expect(seen).to.deep.equal([
      "one db-relation-changed of postgres/0",
      "one db-relation-changed of postgres/0",
      "two db-relation-changed of postgres/0",
    ]);
  });

  it("re-emits before an event without observers, and then collects the status", async () => {
    const create = charmThat((framework, { on }) => {
      framework.observe(on.install, note("one"), { name: "one" });
      framework.observe(on.collectUnitStatus, (event) => {
        event.addStatus({ name: "active", message: "" });
      });
    });
    deferring = new Set(["one"]);
    await run("hooks/install", create);
    deferring = new Set();
    const { tools } = await run("hooks/no-such-event", create);
    expect(seen).to.deep.equal(["one install", "one install"]);
    expect(tools.statuses).to.deep.equal([{ name: "active", message: "" }]);
  });

  it("leaves the queue unchanged when a handler throws", async () => {
    deferring = new Set(["one", "two"]);
    await run("hooks/install");
    const before = readState(directory.path);
    const failing = charmThat((framework, { on }) => {
      framework.observe(on.install, note("one"), { name: "one" });
      framework.observe(on.install, note("two"), { name: "two" });
      framework.observe(on.start, () => {
        throw new Error("broken");
      });
    });
    deferring = new Set();
    seen = [];
    const { code } = await run("hooks/start", failing);
    expect(code).to.equal(1);
    expect(seen).to.deep.equal(["one install", "two install"]);
    expect(readState(directory.path)).to.deep.equal(before);
    seen = [];
    await run("hooks/start");
    expect(seen).to.deep.equal(["one install", "two install", "one start", "two start"]);
  });

  it("fails the hook when a deferred event fails, before the event of the dispatch", async () => {
    deferring = new Set(["one"]);
    await run("hooks/install");
    const failing = charmThat((framework, { on }) => {
      framework.observe(
        on.install,
        () => {
          throw new Error("still broken");
        },
        { name: "one" },
      );
      framework.observe(on.start, note("one"));
      framework.observe(on.action("look"), note("one"));
    });
    seen = [];
    const { code, tools } = await run("hooks/start", failing);
    expect(code).to.equal(1);
    expect(seen).to.deep.equal([]);
    expect(tools.lines.join()).to.include("still broken");
    const action = await run("actions/look", failing);
    expect(action.code).to.equal(1);
    expect(action.errors).to.deep.equal(["Cannot run look: a deferred event failed: still broken"]);
  });

  it("keeps events in the queue when the action after them throws, with their writes dropped", async () => {
    const word = { name: "word", parse: (stored: unknown) => (typeof stored === "string" ? stored : "") };
    let fail = true;
    const create = charmThat((framework, { on }) => {
      framework.observe(
        on.install,
        async (event) => {
          note("one")(event);
          await framework.state.write(word, "of the deferred event");
        },
        { name: "one" },
      );
      framework.observe(on.action("look"), () => {
        if (fail) throw new StopAction("Cannot look: it is dark");
      });
    });
    deferring = new Set(["one"]);
    await run("hooks/install", create);
    const before = readState(directory.path);
    deferring = new Set();
    const { code, errors } = await run("actions/look", create);
    expect([code, errors]).to.deep.equal([1, ["Cannot look: it is dark"]]);
    expect(readState(directory.path)).to.deep.equal(before);
    fail = false;
    expect((await run("actions/look", create)).code).to.equal(0);
    expect(seen).to.deep.equal(["one install", "one install", "one install"]);
    expect(readState(directory.path)).to.deep.equal({ word: "of the deferred event", "#deferred": [] });
  });

  it("identifies methods by class and name", async () => {
    class HelloCharm extends Charm {
      constructor(framework: Framework) {
        super(framework);
        // eslint-disable-next-line @typescript-eslint/unbound-method -- Charm binds methods
        framework.observe(this.on.install, this.onInstall);
        framework.observe(this.on.install, this.onArrow);
        framework.observe(this.on.install, this.#onPrivate);
      }
      onInstall(event: CharmEvent): void {
        event.defer();
      }
      readonly onArrow = (event: CharmEvent): void => {
        event.defer();
      };
      readonly #onPrivate = (event: CharmEvent): void => {
        event.defer();
      };
    }
    await run("hooks/install", (framework) => new HelloCharm(framework));
    expect(readState(directory.path)["#deferred"]).to.deep.equal([
      { kind: "install", observer: "HelloCharm.onInstall", facts: {} },
      { kind: "install", observer: "onArrow", facts: {} },
      { kind: "install", observer: "#onPrivate", facts: {} },
    ]);
  });

  it("drops events of a missing observer with a warning, and continues", async () => {
    deferring = new Set(["one", "two"]);
    await run("hooks/install");
    seen = [];
    deferring = new Set();
    const create = charmThat((framework, { on }) => {
      framework.observe(on.install, note("two"), { name: "two" });
    });
    const { code, tools } = await run("hooks/update-status", create);
    expect(code).to.equal(0);
    expect(seen).to.deep.equal(["two install"]);
    expect(tools.lines).to.deep.equal([
      "WARNING Dropping a deferred event: its observer no longer exists event=install observer=one",
    ]);
    expect(readState(directory.path)).to.deep.equal({ "#deferred": [] });
  });

  it("drops unknown events and invalid entries with a warning", async () => {
    const stored = [
      { kind: "pebble:web:ready", observer: "one", facts: {} },
      { kind: 3, observer: "one", facts: {} },
      "garbage",
      { kind: "install", observer: "one", facts: {} },
    ];
    writeFileSync(join(directory.path, STATE_FILE), JSON.stringify({ "#deferred": stored }));
    const { code, tools } = await run("hooks/update-status");
    expect(code).to.equal(0);
    expect(seen).to.deep.equal(["one install"]);
    expect(tools.lines).to.deep.equal([
      "WARNING Dropping deferred events that cannot be read count=2",
      "WARNING Dropping a deferred event: its observer no longer exists event=web-pebble-ready observer=one",
    ]);
  });

  it("keeps a deferred event when its handler then throws StopWithStatus", async () => {
    const create = charmThat((framework, { on }) => {
      framework.observe(
        on.install,
        (event) => {
          seen.push(event.name);
          event.defer();
          throw new StopWithStatus({ name: "waiting", message: "for the database" });
        },
        { name: "one" },
      );
      framework.observe(on.start, note("two"));
    });
    await run("hooks/install", create);
    const { code, tools } = await run("hooks/start", create);
    expect(code).to.equal(0);
    expect(seen).to.deep.equal(["install", "install", "two start"]);
    expect(tools.statuses).to.deep.equal([{ name: "waiting", message: "for the database" }]);
  });

  it("defers events that the charm defines, with their payload", async () => {
    const ready = defineEvent<{ readonly url: string }>("database-ready");
    const create = charmThat((framework, { on }) => {
      framework.observe(on.install, () => framework.emit(ready, { url: "postgres://db" }));
      framework.observe(
        ready,
        (event) => {
          seen.push(`${event.name} ${event.payload.url}`);
          if (deferring.has("one")) event.defer();
        },
        { name: "one" },
      );
    });
    deferring = new Set(["one"]);
    await run("hooks/install", create);
    deferring = new Set();
    await run("hooks/update-status", create);
    expect(seen).to.deep.equal(["database-ready postgres://db", "database-ready postgres://db"]);
  });

  describe("refuses", () => {
    /** The error of `defer()` in the handler. */
    const refusal = async (path: string, env: Readonly<Record<string, string>> = {}): Promise<unknown> => {
      let thrown: unknown;
      const create = charmThat((framework, { on }) => {
        const handler = (event: CharmEvent) => {
          try {
            event.defer();
          } catch (caught) {
            thrown ??= caught; // statuses are collected later
          }
        };
        const { stop, remove, secretExpired, secretRotate, install } = on;
        for (const event of [stop, remove, secretExpired, secretRotate, on.action("look")]) {
          framework.observe(event, handler);
        }
        framework.observe(install, () => undefined);
        framework.observe(path.endsWith("commit") ? on.preCommit : on.collectUnitStatus, handler);
      });
      await run(path.endsWith("commit") || path.endsWith("status") ? "hooks/install" : path, create, env);
      return thrown;
    };

    for (const name of ["stop", "remove", "secret-expired", "secret-rotate"]) {
      it(`${name}, with the reason`, async () => {
        const thrown = await refusal(`hooks/${name}`, { JUJU_SECRET_ID: "secret:1" });
        expect(thrown).to.be.instanceOf(DeferError).with.property("event", name);
        expect(thrown).to.have.property("message").that.includes("Juju does not wait for it");
        expect(existsSync(join(directory.path, STATE_FILE))).to.equal(false);
      });
    }

    it("actions", async () => {
      expect(await refusal("actions/look")).to.be.instanceOf(DeferError);
    });

    for (const name of ["pre-commit", "collect-unit-status"]) {
      it(`the framework event ${name}`, async () => {
        expect(await refusal(name))
          .to.be.instanceOf(DeferError)
          .with.property("event", name);
      });
    }

    it("observers without a name and observers with the same name", async () => {
      const messages: string[] = [];
      const attempt = (event: CharmEvent) => {
        try {
          event.defer();
        } catch (thrown) {
          messages.push((thrown as Error).message);
        }
      };
      await run(
        "hooks/install",
        charmThat((framework, { on }) => {
          framework.observe(on.install, (event) => {
            attempt(event);
          });
          framework.observe(on.install, attempt);
          framework.observe(on.install, attempt);
        }),
      );
      expect(messages).to.have.lengthOf(3);
      expect(messages[0]).to.include("its observer has no name");
      expect(messages[1]).to.include("several of its observers are called attempt");
    });

    it("an event whose handler has ended", async () => {
      let kept: CharmEvent | undefined;
      await run(
        "hooks/install",
        charmThat((framework, { on }) => {
          framework.observe(on.install, (event) => void (kept = event), { name: "keeper" });
        }),
      );
      expect(() => kept?.defer()).to.throw(DeferError, "its handler has ended");
    });
  });
});

class StopAction extends DeferError {
  constructor(message: string) {
    super("look", message);
    this.message = message;
  }
}

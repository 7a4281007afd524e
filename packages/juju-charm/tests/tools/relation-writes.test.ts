import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  commandLineHookTools,
  dispatch,
  readJujuContext,
  type Charm,
  type Framework,
} from "../../src/index.ts";
import { hookEnvironment } from "../hook-environment.ts";
import { charmThat } from "../run-charm.ts";
import { useTemporaryDirectory } from "../../../../tests/support/temporary-directory.ts";
import { ToolScripts } from "../tool-scripts.ts";

const HOOK = { JUJU_RELATION_ID: "db:7", JUJU_REMOTE_APP: "pg", JUJU_REMOTE_UNIT: "pg/0" };

describe("hook tool calls of a dispatch", () => {
  const directory = useTemporaryDirectory();

  /** Runs a dispatch with tool scripts. `relation-set` saves its input as `set-<number of earlier calls>`. */
  const run = async (path: string, create: (framework: Framework) => Charm, leader = "true") => {
    const scripts = new ToolScripts(directory.path);
    for (const tool of ["status-set", "juju-log", "action-fail", "open-port", "close-port", "action-set"])
      scripts.write(tool);
    scripts.write("is-leader", `echo ${leader}`);
    scripts.write("config-get", `echo '{"greeting":"hello"}'`);
    scripts.write("relation-ids", `echo '["db:7","db:8"]'`);
    scripts.write("relation-list", `echo '["pg/0","pg/1"]'`);
    scripts.write("relation-get", `echo '{"name":"\\"amy\\"","egress-subnets":"10.0.0.5/32"}'`);
    scripts.write("opened-ports", `echo '["80/tcp","8080/tcp"]'`);
    scripts.write("relation-set", `cat > "${directory.path}/set-$(ls "${directory.path}" | grep -c ^set-)"`);
    const env = { ...hookEnvironment(path, directory.path), ...HOOK, PATH: scripts.path };
    const signal = new AbortController().signal;
    const code = await dispatch(create, {
      context: readJujuContext(env),
      tools: commandLineHookTools({ env, signal }),
      writeLine: () => undefined,
      signal,
    });
    return { code, calls: scripts.calls().map(([tool, ...args]) => `${String(tool)} ${args.join(" ")}`) };
  };
  const written = (index: number): unknown =>
    JSON.parse(readFileSync(join(directory.path, `set-${index}`), "utf8"));

  it("a typical relation handler needs one read and one write", async () => {
    const { code, calls } = await run(
      "hooks/db-relation-changed",
      charmThat((framework, { on, unit }) => {
        framework.observe(on.relation("db").changed, async ({ relation, unit: remote = "" }) => {
          const name = await relation.data(remote).get("name");
          await relation.data(unit).set("greeting", `hello ${String(name)}`);
          await relation.data(unit).update({ port: "80", host: "10.0.0.1" });
        });
      }),
    );
    expect(code).to.equal(0);
    expect(calls).to.deep.equal(["relation-get --format=json -r 7 -- - pg/0", "relation-set -r 7 --file -"]);
    expect(written(0)).to.deep.equal({ greeting: 'hello "amy"', port: "80", host: "10.0.0.1" });
  });

  it("a leader that writes to all relations of an endpoint needs one write for each bag", async () => {
    const { calls } = await run(
      "hooks/config-changed",
      charmThat((framework, { on, app, unit, model, config }) => {
        framework.observe(on.configChanged, async () => {
          for (const relation of await model.relations("db")) {
            await relation.data(app).save({ greeting: (await config.read())["greeting"] ?? null });
            await relation.data(unit).set("ready", "yes");
          }
        });
        framework.observe(on.configChanged, async () => {
          for (const relation of await model.relations("db")) await relation.data(app).set("more", "yes");
        });
        framework.observe(on.collectUnitStatus, (event) => {
          event.addStatus({ name: "active", message: "" });
        });
      }),
    );
    expect(calls).to.deep.equal([
      "relation-ids --format=json -- db",
      "config-get --format=json",
      "is-leader --format=json",
      "status-set -- active ",
      "relation-set -r 7 --app --file -",
      "relation-set -r 7 --file -",
      "relation-set -r 8 --app --file -",
      "relation-set -r 8 --file -",
    ]);
    expect(written(0)).to.deep.equal({ greeting: '"hello"', more: "yes" });
  });

  it("setting ports calls tools only for differences", async () => {
    const { calls } = await run(
      "hooks/start",
      charmThat((framework, { on, unit }) => {
        framework.observe(on.start, async () => {
          await unit.ports.set(80, 443, { protocol: "udp", from: 53, to: 53 });
        });
      }),
    );
    expect(calls).to.deep.equal([
      "opened-ports --format=json",
      "close-port -- 8080/tcp",
      "open-port -- 443/tcp",
      "open-port -- 53/udp",
    ]);
  });

  it("a value of 1 MB in relation data arrives complete", async () => {
    const payload = 'é"\n '.repeat(209_716);
    const { code } = await run(
      "hooks/config-changed",
      charmThat((framework, { on, unit, model }) => {
        framework.observe(on.configChanged, async () => {
          const [relation] = await model.relations("db");
          await relation?.data(unit).set("payload", payload);
        });
      }),
    );
    expect(code).to.equal(0);
    expect(Buffer.byteLength(payload)).to.be.greaterThan(1024 * 1024);
    expect(written(0)).to.deep.equal({ payload });
  });

  it("a later handler reads the values that an earlier handler wrote and removed", async () => {
    const seen: unknown[] = [];
    await run(
      "hooks/start",
      charmThat((framework, { on, unit, app, model }) => {
        framework.observe(on.start, async () => {
          const relation = model.relationByID({ endpoint: "db", id: 7 });
          await relation.data(unit).update({ name: undefined, port: "80" });
          await relation.data(app).set("version", "1");
        });
        framework.observe(on.preCommit, async () => {
          const relation = model.relationByID({ endpoint: "db", id: 7 });
          seen.push(await relation.data(unit).read(), await relation.data(app).get("version"));
          seen.push(await relation.data("pg/0").get("port"));
        });
      }),
    );
    expect(seen).to.deep.equal([{ "egress-subnets": "10.0.0.5/32", port: "80" }, "1", undefined]);
  });

  it("a relation that Juju has not shown yet is asked for once, before the first write", async () => {
    const { calls } = await run(
      "hooks/start",
      charmThat((framework, { on, unit, model }) => {
        framework.observe(on.start, async () => {
          const bag = model.relationByID({ endpoint: "db", id: 7 }).data(unit);
          await bag.set("port", "80");
          await bag.set("host", "10.0.0.1");
        });
      }),
    );
    expect(calls).to.deep.equal(["relation-list --format=json -r 7", "relation-set -r 7 --file -"]);
  });

  it("a failed hook and a failed action share nothing", async () => {
    const writing = charmThat((framework, { on, unit, model }) => {
      const handler = async (): Promise<void> => {
        await model.relationByID({ endpoint: "db", id: 7 }).data(unit).set("half", "written");
        throw new Error("Cannot go on");
      };
      framework.observe(on.start, handler);
      framework.observe(on.action("check"), handler);
    });
    const hook = await run("hooks/start", writing);
    expect(hook.code).to.equal(1);
    const action = await run("actions/check", writing);
    expect(action.code).to.equal(1);
    const calls = [...hook.calls, ...action.calls].filter((call) => call.startsWith("relation-set"));
    expect(calls).to.deep.equal([]);
  });

  it("a refused write fails the hook", async () => {
    const create = charmThat((framework, { on, unit, model }) => {
      framework.observe(on.start, async () => {
        const tools = new ToolScripts(directory.path);
        tools.write("relation-set", "echo 'ERROR relation not found' >&2; exit 2");
        await model.relationByID({ endpoint: "db", id: 9 }).data(unit).set("key", "value");
      });
    });
    const { code, calls } = await run("hooks/start", create);
    expect(code).to.equal(1);
    expect(calls.join("\n")).to.include("RelationNotFoundError: Cannot run relation-set");
  });
});

import { expect } from "chai";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { commandLineHookTools, HookToolError, HookToolInputError, type HookTools } from "../../src/index.ts";
import { Secret } from "charm-kit";
import { useTemporaryDirectory } from "../../../../tests/support/temporary-directory.ts";
import { rejection } from "../../../../tests/support/rejection.ts";
import { ToolScripts } from "../tool-scripts.ts";

const URI = "secret://0b3c5bd2-6a4c-4f1e-8e0c-8a1f9d5f0a11/d5l5c7vmp25c762t1d0g";

describe("command lines of the hook tools", () => {
  const directory = useTemporaryDirectory();
  const setUp = (now?: () => number) => {
    const scripts = new ToolScripts(directory.path);
    const env = { PATH: scripts.path };
    const signal = new AbortController().signal;
    return { scripts, tools: commandLineHookTools({ env, signal, ...(now && { now }) }) };
  };

  interface Reading {
    readonly tool: string;
    readonly args: readonly string[];
    readonly output: string;
    readonly ask: (tools: HookTools) => Promise<unknown>;
    readonly answer: unknown;
  }

  const readings: readonly Reading[] = [
    {
      tool: "relation-list",
      args: ["--format=json", "-r", "7", "--app"],
      output: `"pg"`,
      ask: (tools) => tools.relationApp(7),
      answer: "pg",
    },
    {
      tool: "relation-model-get",
      args: ["--format=json", "-r", "7"],
      output: `{"uuid":"u-1"}`,
      ask: (tools) => tools.relationModel(7),
      answer: "u-1",
    },
    {
      tool: "status-get",
      args: ["--format=json", "--include-data", "--application"],
      output: `{"application-status":{"status":"active","message":"up","status-data":{},"units":{"a/0":{"status":"error","message":"hook failed"}}}}`,
      ask: (tools) => tools.applicationStatusGet(),
      answer: {
        name: "active",
        message: "up",
        units: { "a/0": { name: "error", message: "hook failed" } },
      },
    },
    {
      tool: "secret-ids",
      args: ["--format=json"],
      output: "null",
      ask: (tools) => tools.secretIDs(),
      answer: [],
    },
    {
      tool: "secret-info-get",
      args: ["--format=json", "--label", "db"],
      output: `{"d5l5c7vmp25c762t1d0g":{"revision":2,"label":"db","owner":"unit","rotation":"monthly","expiry":"2026-12-01T00:00:00Z","access":[{"target":"application-web","scope":"relation-web.db#pg.db","role":"view"}]}}`,
      ask: (tools) => tools.secretInfo({ label: "db" }),
      answer: {
        id: "d5l5c7vmp25c762t1d0g",
        revision: 2,
        owner: "unit",
        label: "db",
        description: undefined,
        rotation: "monthly",
        expires: new Date("2026-12-01T00:00:00Z"),
        rotates: undefined,
        access: [{ target: "application-web", scope: "relation-web.db#pg.db", role: "view" }],
      },
    },
    {
      tool: "storage-list",
      args: ["--format=json"],
      output: `["data/0","cache/1"]`,
      ask: (tools) => tools.storageList(),
      answer: ["data/0", "cache/1"],
    },
    {
      tool: "resource-get",
      args: ["--", "model"],
      output: "/var/lib/juju/agents/unit-a-0/resources/model/m.bin",
      ask: (tools) => tools.resourceGet("model"),
      answer: "/var/lib/juju/agents/unit-a-0/resources/model/m.bin",
    },
    {
      tool: "network-get",
      args: ["--format=json", "-r", "7", "--", "db"],
      output: `{"bind-addresses":[{"mac-address":"00:16","interface-name":"eth0","addresses":[{"hostname":"","value":"10.0.0.5","cidr":"10.0.0.0/24"}]}],"ingress-addresses":["10.0.0.5"]}`,
      ask: (tools) => tools.networkGet("db", 7),
      answer: {
        bindAddresses: [
          {
            name: "eth0",
            macAddress: "00:16",
            addresses: [{ hostname: "", value: "10.0.0.5", cidr: "10.0.0.0/24" }],
          },
        ],
        ingressAddresses: ["10.0.0.5"],
        egressSubnets: [],
      },
    },
    {
      tool: "unit-get",
      args: ["--format=json", "--", "public-address"],
      output: `"192.0.2.7"`,
      ask: (tools) => tools.unitGet("public-address"),
      answer: "192.0.2.7",
    },
    {
      tool: "opened-ports",
      args: ["--format=json"],
      output: `["80/tcp","8000-8010/udp","icmp"]`,
      ask: (tools) => tools.openedPorts(),
      answer: [
        { protocol: "tcp", from: 80, to: 80 },
        { protocol: "udp", from: 8000, to: 8010 },
        { protocol: "icmp" },
      ],
    },
    {
      tool: "goal-state",
      args: ["--format=json"],
      output: `{"units":{"a/0":{"status":"active","since":"2026-01-02 15:04:05Z"}},"relations":{"db":{"pg":{"status":"joined","since":"x"}}}}`,
      ask: (tools) => tools.goalState(),
      answer: {
        units: { "a/0": { status: "active", since: "2026-01-02 15:04:05Z" } },
        relations: { db: { pg: { status: "joined", since: "x" } } },
      },
    },
    {
      tool: "state-get",
      args: ["--format=json", "--", "-"],
      output: "null",
      ask: (tools) => tools.stateGet(),
      answer: {},
    },
  ];

  for (const { tool, args, output, ask, answer } of readings) {
    it(`${tool} ${args.join(" ")} runs once and is parsed`, async () => {
      const { scripts, tools } = setUp();
      scripts.write(tool, `printf '%s' '${output}'`);
      expect(await ask(tools)).to.deep.equal(answer);
      expect(await ask(tools)).to.deep.equal(answer);
      expect(scripts.calls()).to.deep.equal([[tool, ...args]]);
    });

    it(`${tool} with invalid output fails with an error that names the tool and omits the output`, async () => {
      const { scripts, tools } = setUp();
      scripts.write(tool, `printf '[["%s"' hunter2-hunter2`);
      const thrown = await rejection(ask(tools));
      expect(thrown)
        .to.be.instanceOf(HookToolError)
        .with.property("message")
        .that.matches(new RegExp(`^Cannot run ${tool}: its answer is not `))
        .and.does.not.include("hunter2");
    });
  }

  it("credential-get returns attributes that print as redacted", async () => {
    const { scripts, tools } = setUp();
    scripts.write(
      "credential-get",
      `echo '{"type":"lxd","name":"local","endpoint":"https://10.0.0.1:8443","credential":{"auth-type":"certificate","attrs":{"client-key":"hunter2-hunter2"},"redacted":["trust-token"]},"cacertificates":null,"is-controller-cloud":true}'`,
    );
    const cloud = await tools.credentialGet();
    expect(cloud.credential?.attributes["client-key"]?.reveal()).to.equal("hunter2-hunter2");
    expect(JSON.parse(JSON.stringify(cloud))).to.deep.equal({
      type: "lxd",
      name: "local",
      endpoint: "https://10.0.0.1:8443",
      credential: {
        authType: "certificate",
        attributes: { "client-key": "[redacted]" },
        redacted: ["trust-token"],
      },
      caCertificates: [],
      skipTLSVerify: false,
      isControllerCloud: true,
    });
  });

  it("writes with storage-add, the port and state tools, and juju-reboot", async () => {
    const { scripts, tools } = setUp();
    const kept = join(directory.path, "kept");
    for (const tool of ["storage-add", "open-port", "close-port", "state-delete", "juju-reboot"])
      scripts.write(tool);
    scripts.write("state-set", `cat > "${kept}"`);
    await tools.storageAdd("data", 2);
    await tools.openPort({ protocol: "tcp", from: 443, to: 443 });
    await tools.openPort({ protocol: "icmp" });
    await tools.closePort({ protocol: "udp", from: 8000, to: 8010 });
    await tools.stateSet({ "--key": " a\nb " });
    await tools.stateDelete("--key");
    await tools.reboot("now");
    expect(JSON.parse(readFileSync(kept, "utf8"))).to.deep.equal({ "--key": " a\nb " });
    expect(scripts.calls()).to.deep.equal([
      ["storage-add", "--", "data=2"],
      ["open-port", "--", "443/tcp"],
      ["open-port", "--", "icmp"],
      ["close-port", "--", "8000-8010/udp"],
      ["state-set", "--file", "-"],
      ["state-delete", "--", "--key"],
      ["juju-reboot", "--now"],
    ]);
  });

  it("replaces characters in messages that a command line cannot hold", async () => {
    const { scripts, tools } = setUp();
    for (const tool of ["juju-log", "status-set", "action-fail", "action-log"]) scripts.write(tool);
    const message = "a\0b\ud800c";
    await tools.log("INFO", message);
    await tools.statusSet({ name: "active", message });
    await tools.actionFail(message);
    await tools.actionLog(message);
    expect(scripts.calls().map((call) => call.at(-1))).to.deep.equal(Array(4).fill("a\ufffdb\ufffdc"));
  });

  for (const text of ["hunter2\0", "hunter2\ud800"])
    it(`refuses data with ${JSON.stringify(text)} before a tool is called, without showing it`, async () => {
      const { scripts, tools } = setUp();
      for (const tool of ["action-set", "secret-add"]) scripts.write(tool);
      const refusals = [
        await rejection(tools.actionSet({ key: text })),
        await rejection(tools.secretAdd({ token: new Secret("x") }, "unit", { label: text })),
      ];
      for (const refusal of refusals) {
        expect(refusal).to.be.instanceOf(HookToolInputError);
        expect(refusal.message).not.to.include("hunter2");
      }
      expect(scripts.calls()).to.deep.equal([]);
    });

  it("reads again only values that it has changed, apart from the status, of which it knows what it set", async () => {
    const { scripts, tools } = setUp();
    scripts.write("opened-ports", "echo '[]'");
    scripts.write("open-port");
    scripts.write("state-get", "echo '{}'");
    scripts.write("state-set", "cat > /dev/null");
    scripts.write("relation-get", "echo '{}'");
    scripts.write("relation-set", "cat > /dev/null");
    scripts.write("status-get", `echo '{"status":"active"}'`);
    scripts.write("status-set");
    const askAll = async () => {
      await tools.openedPorts();
      await tools.stateGet();
      await tools.relationGet(7, "pg/0");
      await tools.relationGet(70, "pg/0");
      await tools.statusGet();
    };
    await askAll();
    await tools.openPort({ protocol: "tcp", from: 80, to: 80 });
    await tools.stateSet({ key: "value" });
    await tools.relationSet(7, "unit", { key: "value" });
    await tools.statusSet({ name: "waiting", message: "" });
    await askAll();
    const counted = Object.groupBy(scripts.calls(), ([tool, ...args]) => `${String(tool)} ${args.join(" ")}`);
    const counts = Object.entries(counted).map(([call, calls]) => [call.split(" ")[0], calls?.length]);
    expect(counts.filter(([tool]) => String(tool).includes("get") || tool === "opened-ports")).to.deep.equal([
      ["opened-ports", 2],
      ["state-get", 2],
      ["relation-get", 2],
      ["relation-get", 1],
      // Juju would answer with the status of the first read.
      ["status-get", 1],
    ]);
  });

  it("caches a positive is-leader for 30 seconds, and a negative one for the dispatch", async () => {
    let now = 1_000_000;
    const { scripts, tools } = setUp(() => now);
    scripts.write("is-leader", "echo true");
    expect(await tools.isLeader()).to.equal(true);
    now += 29_999;
    expect(await tools.isLeader()).to.equal(true);
    expect(scripts.calls()).to.have.lengthOf(1);
    scripts.write("is-leader", "echo false");
    now += 1;
    expect(await tools.isLeader()).to.equal(false);
    now += 3_600_000;
    scripts.write("is-leader", "echo true");
    expect(await tools.isLeader()).to.equal(false);
    expect(scripts.calls()).to.have.lengthOf(2);
  });

  describe("for secrets", () => {
    /** Records arguments, file modes and file contents in the script of secret-add or secret-set. */
    const record = (scripts: ToolScripts, tool: string) => {
      const seen = join(directory.path, "seen");
      scripts.write(
        tool,
        `for argument in "$@"; do case "$argument" in *'#file='*)
  file="\${argument#*=}"; stat -c '%a' "$file" "$(dirname "$file")" >> '${seen}'; cat "$file" >> '${seen}'
  echo "$file" >> '${directory.path}/file' ;;
esac; done; echo '${URI}'`,
      );
      return { seen: () => readFileSync(seen, "utf8"), file: join(directory.path, "file") };
    };

    it("passes contents in temporary private files, never on a command line", async () => {
      const { scripts, tools } = setUp();
      const { seen, file } = record(scripts, "secret-add");
      const content = { password: new Secret("hunter2-\nhunter2 ") };
      const expire = new Date("2027-01-01T00:00:00Z");
      const id = await tools.secretAdd(content, "unit", { label: "db", expire, rotate: "daily" });
      expect(id).to.equal(URI);
      expect(seen()).to.equal("600\n700\nhunter2-\nhunter2 ");
      const path = readFileSync(file, "utf8").trim();
      expect(existsSync(path)).to.equal(false);
      const flags = ["--label", "db", "--expire", "2027-01-01T00:00:00.000Z", "--rotate", "daily"];
      expect(scripts.calls()).to.deep.equal([
        ["secret-add", ...flags, "--owner", "unit", "--", `password#file=${path}`],
      ]);
    });

    it("removes the files when the tool fails, and reports no content", async () => {
      const { scripts, tools } = setUp();
      scripts.write("secret-set", `echo "$4" > '${directory.path}/file'; echo 'ERROR no' >&2; exit 1`);
      const content = { password: new Secret("hunter2-hunter2") };
      const thrown = await rejection(tools.secretSet(URI, { content, expire: { seconds: 90 } }));
      expect(thrown).to.be.instanceOf(HookToolError);
      expect(String(thrown.stack) + JSON.stringify(thrown)).not.to.include("hunter2");
      const [call] = scripts.calls();
      expect(call?.slice(0, 5)).to.deep.equal(["secret-set", "--expire", "90s", "--", URI]);
      expect(existsSync(String(call?.[5]).replace("password#file=", ""))).to.equal(false);
    });

    it("grants, revokes and removes", async () => {
      const { scripts, tools } = setUp();
      for (const tool of ["secret-grant", "secret-revoke", "secret-remove"]) scripts.write(tool);
      await tools.secretGrant(URI, { relation: 7 });
      await tools.secretGrant(URI, { relation: 7, unit: "web/0" });
      await tools.secretRevoke(URI, { relation: 7 });
      await tools.secretRevoke(URI, { app: "web" });
      await tools.secretRevoke(URI, { unit: "web/0" });
      await tools.secretRemove(URI, 3);
      await tools.secretRemove(URI);
      expect(scripts.calls()).to.deep.equal([
        ["secret-grant", "-r", "7", "--", URI],
        ["secret-grant", "-r", "7", "--unit", "web/0", "--", URI],
        ["secret-revoke", "-r", "7", "--", URI],
        ["secret-revoke", "--app", "web", "--", URI],
        ["secret-revoke", "--unit", "web/0", "--", URI],
        ["secret-remove", "--revision", "3", "--", URI],
        ["secret-remove", "--", URI],
      ]);
    });

    it("reads by URI, label or both, and reads the tracked revision again after a refresh", async () => {
      const { scripts, tools } = setUp();
      scripts.write("secret-get", `echo '{"password":"hunter2"}'`);
      await tools.secretGet({ label: "db" }, "peek");
      await tools.secretGet({ id: URI, label: "db" }, "tracked");
      await tools.secretGet({ id: URI, label: "db" }, "latest");
      await tools.secretGet({ id: URI, label: "db" }, "tracked");
      await tools.secretGet({ id: URI, label: "db" }, "tracked");
      expect(scripts.calls().map(([, , ...args]) => args)).to.deep.equal([
        ["--peek", "--label", "db"],
        ["--label", "db", "--", URI],
        ["--refresh", "--label", "db", "--", URI],
        ["--label", "db", "--", URI],
      ]);
    });
  });

  const refusals: readonly (readonly [string, string, string, (tools: HookTools) => Promise<unknown>])[] = [
    [
      "relation-get",
      'ERROR invalid value "9" for option -r: relation not found',
      "relation-not-found",
      (tools) => tools.relationGet(9, "pg/0"),
    ],
    ["relation-list", "ERROR Relation Not Found", "relation-not-found", (tools) => tools.relationUnits(9)],
    ["relation-get", "ERROR permission denied", "permission-denied", (tools) => tools.relationGet(9, "x/0")],
    [
      "relation-set",
      "ERROR cannot write relation settings",
      "not-leader",
      (tools) => tools.relationSet(9, "app", { a: "b" }),
    ],
    [
      "secret-get",
      'ERROR secret "d5l5" not found',
      "secret-not-found",
      (tools) => tools.secretGet(URI, "tracked"),
    ],
    [
      "secret-add",
      "ERROR this unit is not the leader",
      "not-leader",
      (tools) => tools.secretAdd({}, "application", {}),
    ],
    [
      "credential-get",
      "ERROR cannot access cloud credentials: permission denied",
      "permission-denied",
      (tools) => tools.credentialGet(),
    ],
    [
      "status-set",
      "ERROR this unit is not the leader",
      "not-leader",
      (tools) => tools.applicationStatusSet({ name: "active", message: "" }),
    ],
    ["storage-get", 'ERROR storage "data/0" not found', "hook-tool", (tools) => tools.storageGet("data/0")],
  ];
  for (const [tool, stderr, code, ask] of refusals) {
    it(`throws ${code} when ${tool} prints "${stderr}"`, async () => {
      const { scripts, tools } = setUp();
      scripts.write(tool, `echo '${stderr}' >&2; exit 1`);
      const thrown = await rejection(ask(tools));
      expect(thrown).to.be.instanceOf(HookToolError).and.include({ code, tool, stderr });
    });
  }

  it("throws hook-tool-missing with advice when a tool is missing", async () => {
    const { tools } = setUp();
    expect(await rejection(tools.goalState()))
      .to.be.instanceOf(HookToolError)
      .and.include({
        code: "hook-tool-missing",
        message:
          "Cannot run goal-state: it is not on PATH; run the charm from a hook, an action or juju-exec, with a Juju version that has the tool",
      });
  });

  it("reports a value that exceeds the limit of a command line, without the value", async () => {
    const { scripts, tools } = setUp();
    scripts.write("action-set");
    const thrown = await rejection(tools.actionSet({ log: "hunter2 ".repeat(20_000) }));
    expect(thrown).to.be.instanceOf(HookToolError);
    expect(thrown).to.have.property("message").that.includes("128 KiB").and.does.not.include("hunter2");
  });
});

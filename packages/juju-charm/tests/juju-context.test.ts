import { expect } from "chai";
import { JujuContextError, readJujuContext } from "../src/index.ts";
import { hookEnvironment } from "./hook-environment.ts";

describe("readJujuContext()", () => {
  it("reads the facts of the unit and its model", () => {
    const context = readJujuContext({
      ...hookEnvironment("hooks/install"),
      JUJU_MACHINE_ID: "4",
      JUJU_AVAILABILITY_ZONE: "",
      JUJU_PRINCIPAL_UNIT: "",
    });
    expect(context).to.deep.include({
      unitName: "github-runner/3",
      appName: "github-runner",
      model: { name: "ci", uuid: "0b3c5bd2-6a4c-4f1e-8e0c-8a1f9d5f0a11" },
      charmDir: "/nowhere/charm",
      jujuVersion: "3.6.28",
      machineID: "4",
      availabilityZone: undefined,
      principalUnit: undefined,
    });
  });

  it("returns a deeply frozen object", () => {
    const context = readJujuContext({
      ...hookEnvironment("hooks/db-relation-joined"),
      JUJU_RELATION_ID: "db:1",
    });
    const pending: unknown[] = [context];
    for (const value of pending) {
      expect(value).to.be.frozen;
      pending.push(
        ...(Object.values(value as object) as unknown[]).filter((inner) => typeof inner === "object"),
      );
    }
    expect(pending.length).to.be.greaterThan(4);
  });

  const cases: readonly (readonly [string, string, Record<string, string>, object])[] = [
    [
      "a lifecycle hook",
      "hooks/config-changed",
      {},
      { kind: "hook", name: "config-changed", hook: { family: "lifecycle", name: "config-changed" } },
    ],
    [
      "an action",
      "actions/check-runners",
      { JUJU_ACTION_UUID: "12" },
      { kind: "action", name: "check-runners", id: "12" },
    ],
    [
      "an action with the name of a hook",
      "actions/install",
      {},
      { kind: "action", name: "install", id: undefined },
    ],
    ["a custom event", "hooks/reconcile-runners", {}, { kind: "custom", name: "reconcile-runners" }],
    [
      "an absolute path",
      "/var/lib/juju/hooks/stop",
      {},
      { kind: "hook", name: "stop", hook: { family: "lifecycle", name: "stop" } },
    ],
    [
      "a relation without an endpoint in its name",
      "hooks/-relation-changed",
      { JUJU_RELATION_ID: "1" },
      { kind: "custom", name: "-relation-changed" },
    ],
    [
      "a relation event of a remote unit",
      "hooks/debug-ssh-relation-changed",
      { JUJU_RELATION_ID: "debug-ssh:12", JUJU_REMOTE_APP: "tmate", JUJU_REMOTE_UNIT: "tmate/0" },
      {
        kind: "hook",
        name: "debug-ssh-relation-changed",
        hook: {
          family: "relation",
          relation: {
            endpoint: "debug-ssh",
            phase: "changed",
            id: 12,
            remoteApp: "tmate",
            remoteUnit: "tmate/0",
            departingUnit: undefined,
          },
        },
      },
    ],
    [
      "a broken relation with an empty remote unit",
      "hooks/db-relation-broken",
      { JUJU_RELATION_ID: "db:3", JUJU_REMOTE_APP: "pg", JUJU_REMOTE_UNIT: "" },
      {
        kind: "hook",
        name: "db-relation-broken",
        hook: {
          family: "relation",
          relation: {
            endpoint: "db",
            phase: "broken",
            id: 3,
            remoteApp: "pg",
            remoteUnit: undefined,
            departingUnit: undefined,
          },
        },
      },
    ],
    [
      "an expired secret",
      "hooks/secret-expired",
      { JUJU_SECRET_ID: "secret:c7b", JUJU_SECRET_LABEL: "", JUJU_SECRET_REVISION: "7" },
      {
        kind: "hook",
        name: "secret-expired",
        hook: {
          family: "secret",
          name: "secret-expired",
          secret: { id: "secret:c7b", label: undefined, revision: 7 },
        },
      },
    ],
    [
      "storage",
      "hooks/runner-storage-attached",
      {
        JUJU_STORAGE_ID: "runner/0",
        JUJU_STORAGE_LOCATION: "/storage/juju",
        JUJU_STORAGE_KIND: "filesystem",
      },
      {
        kind: "hook",
        name: "runner-storage-attached",
        hook: {
          family: "storage",
          storage: { name: "runner", phase: "attached", id: "runner/0", location: "/storage/juju" },
        },
      },
    ],
  ];
  for (const [title, path, more, dispatched] of cases) {
    it(`reads ${title}`, () => {
      expect(readJujuContext({ ...hookEnvironment(path), ...more }).dispatched).to.deep.equal(dispatched);
    });
  }

  const proxies: readonly (readonly [string, Record<string, string>, object])[] = [
    ["no proxy", {}, { http: undefined, https: undefined, noProxy: undefined }],
    [
      "proxies in upper case",
      {
        JUJU_CHARM_HTTP_PROXY: "http://p:1",
        JUJU_CHARM_HTTPS_PROXY: "http://p:2",
        JUJU_CHARM_NO_PROXY: "a,b",
      },
      { http: "http://p:1", https: "http://p:2", noProxy: "a,b" },
    ],
    [
      "proxies in lower case when those in upper case are empty",
      { JUJU_CHARM_HTTP_PROXY: "", juju_charm_http_proxy: "http://p:1", juju_charm_no_proxy: "a" },
      { http: "http://p:1", https: undefined, noProxy: "a" },
    ],
  ];
  for (const [title, more, expected] of proxies) {
    it(`reads ${title}`, () => {
      expect(readJujuContext({ ...hookEnvironment("hooks/start"), ...more }).proxies).to.deep.equal(expected);
    });
  }

  for (const variable of [
    "JUJU_UNIT_NAME",
    "JUJU_MODEL_NAME",
    "JUJU_MODEL_UUID",
    "JUJU_CHARM_DIR",
    "JUJU_VERSION",
    "JUJU_DISPATCH_PATH",
  ]) {
    for (const [state, value] of [
      ["missing", undefined],
      ["empty", ""],
    ] as const) {
      it(`names ${variable} when it is ${state}`, () => {
        const env = { ...hookEnvironment("hooks/start"), [variable]: value };
        expect(() => readJujuContext(env))
          .to.throw(JujuContextError, `Cannot read the Juju context: ${variable} is not set`)
          .with.property("variable", variable);
      });
    }
  }

  const malformed: readonly (readonly [string, string, string, string])[] = [
    ["JUJU_UNIT_NAME", "github-runner", "hooks/start", "not app/number"],
    ["JUJU_DISPATCH_PATH", "start", "start", "not hooks/<name>"],
    ["JUJU_DISPATCH_PATH", "hooks/", "hooks/", "not hooks/<name>"],
    ["JUJU_RELATION_ID", "db:x", "hooks/db-relation-joined", "not endpoint:number"],
    ["JUJU_RELATION_ID", "", "hooks/db-relation-joined", "is not set"],
    ["JUJU_SECRET_ID", "", "hooks/secret-changed", "is not set"],
    ["JUJU_SECRET_REVISION", "last", "hooks/secret-expired", "not a number"],
  ];
  for (const [variable, value, path, problem] of malformed) {
    it(`refuses ${variable}="${value}" for ${path}`, () => {
      const env = { ...hookEnvironment(path), [variable]: value };
      expect(() => readJujuContext(env)).to.throw(JujuContextError, problem);
    });
  }
});

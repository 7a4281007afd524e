import type { HookToolCase } from "./hook-tool-case.ts";

/** Configuration, leadership, status, logs, ports, networks and actions. */
export const UNIT_CASES: readonly HookToolCase[] = [
  {
    name: "config-get prints options",
    calls: [
      {
        call: ["config-get", "--format=json"],
        answer: { stdout: '{"flag":false,"number":3,"ratio":1.5,"text":"hello"}\n' },
      },
      {
        call: ["config-get", "--all", "--format=json"],
        answer: { stdout: '{"flag":false,"number":3,"ratio":1.5,"text":"hello","unset":null}\n' },
      },
      { call: ["config-get", "text"], answer: { stdout: "hello\n" } },
      { call: ["config-get", "flag"], answer: { stdout: "False\n" } },
      { call: ["config-get", "--format=json", "unset"], answer: { stdout: "null\n" } },
      { call: ["config-get", "--format=json", "unknown"], answer: { stdout: "null\n" } },
      { call: ["config-get", "unset"], answer: {} },
    ],
  },
  {
    name: "config-get refuses wrong arguments",
    calls: [
      {
        call: ["config-get", "--all", "text"],
        answer: { stderr: 'ERROR cannot use argument --all together with key "text"\n', code: 2 },
      },
      {
        call: ["config-get", "--nosuch"],
        answer: { stderr: /^ERROR (option|flag) provided but not defined: --nosuch\n$/, code: 2 },
      },
      { call: ["config-get", "a", "b"], answer: { stderr: 'ERROR unrecognized args: ["b"]\n', code: 2 } },
      {
        call: ["config-get", "--format=xml"],
        answer: {
          stderr: /^ERROR invalid value "xml" for (option|flag) --format: unknown format "xml"\n$/,
          code: 2,
        },
      },
    ],
  },
  {
    name: "is-leader on the leader",
    calls: [
      { call: ["is-leader", "--format=json"], answer: { stdout: "true\n" } },
      { call: ["is-leader"], answer: { stdout: "True\n" } },
      { call: ["is-leader", "x"], answer: { stderr: 'ERROR unrecognized args: ["x"]\n', code: 2 } },
    ],
  },
  {
    name: "leadership and what needs it, on another unit",
    leader: false,
    calls: [
      { call: ["is-leader", "--format=json"], answer: { stdout: "false\n" } },
      {
        call: ["status-set", "--application", "active"],
        answer: { stderr: "ERROR this unit is not the leader\n", code: 1 },
      },
      {
        call: ["status-get", "--application"],
        answer: { stderr: "ERROR finding application status: this unit is not the leader\n", code: 1 },
      },
    ],
  },
  {
    name: "status-get shows a new status when it was not read before in the context",
    calls: [
      { call: ["status-set", "waiting", "for pg"], answer: {} },
      { call: ["status-get"], answer: { stdout: "waiting\n" } },
      { call: ["status-get", "--format=json"], answer: { stdout: '{"status":"waiting"}\n' } },
      {
        call: ["status-get", "--include-data", "--format=json"],
        answer: { stdout: '{"message":"for pg","status":"waiting","status-data":{}}\n' },
      },
    ],
  },
  {
    name: "status-get keeps the status that it once read in the context",
    calls: [
      { call: ["status-set", "waiting", "first"], answer: {} },
      { call: ["status-get"], answer: { stdout: "waiting\n" } },
      { call: ["status-set", "active", "second"], answer: {} },
      { call: ["status-get"], answer: { stdout: "waiting\n" } },
      {
        call: ["status-get", "--include-data", "--format=json"],
        answer: { stdout: '{"message":"first","status":"waiting","status-data":{}}\n' },
      },
    ],
  },
  {
    name: "status-set of the application",
    calls: [
      { call: ["status-set", "active"], answer: {} },
      { call: ["status-set", "--application", "blocked", "x"], answer: {} },
      {
        call: ["status-get", "--application", "--format=json"],
        answer: {
          stdout: '{"application-status":{"status":"blocked","units":{"tiny/0":{"status":"active"}}}}\n',
        },
      },
    ],
  },
  {
    name: "status-set refuses other statuses and words",
    calls: [
      {
        call: ["status-set"],
        answer: { stderr: "ERROR invalid args, require <status> [message]\n", code: 2 },
      },
      {
        call: ["status-set", "error", "x"],
        answer: {
          stderr: 'ERROR invalid status "error", expected one of [maintenance blocked waiting active]\n',
          code: 2,
        },
      },
      {
        call: ["status-set", "active", "all", "well"],
        answer: { stderr: 'ERROR unrecognized args: ["well"]\n', code: 2 },
      },
    ],
  },
  {
    name: "juju-log and application-version-set",
    calls: [
      { call: ["juju-log", "one", "two"], answer: {} },
      { call: ["juju-log", "-l", "WARNING", "--", "-x"], answer: {} },
      { call: ["juju-log"], answer: { stderr: "ERROR no message specified\n", code: 2 } },
      { call: ["application-version-set", "1.2.3"], answer: {} },
      { call: ["application-version-set"], answer: { stderr: "ERROR no version specified\n", code: 2 } },
    ],
  },
  {
    name: "ports are listed with the changes of the context",
    calls: [
      { call: ["opened-ports", "--format=json"], answer: { stdout: "[]\n" } },
      { call: ["open-port", "80"], answer: {} },
      { call: ["open-port", "80/tcp"], answer: {} },
      { call: ["open-port", "8000-8010/udp"], answer: {} },
      { call: ["close-port", "81"], answer: {} },
      { call: ["opened-ports", "--format=json"], answer: { stdout: '["80/tcp","8000-8010/udp"]\n' } },
      { call: ["close-port", "80"], answer: {} },
      { call: ["close-port", "8000-8010/udp"], answer: {} },
      { call: ["opened-ports", "--format=json"], answer: { stdout: "[]\n" } },
    ],
  },
  {
    name: "open-port refuses what is no port",
    calls: [
      { call: ["open-port"], answer: { stderr: "ERROR no port or range specified\n", code: 2 } },
      {
        call: ["open-port", "80/sctp"],
        answer: { stderr: 'ERROR invalid protocol "sctp", expected "tcp", "udp", or "icmp"\n', code: 2 },
      },
      {
        call: ["open-port", "70000"],
        answer: {
          stderr: "ERROR port range bounds must be between 0 and 65535, got 70000-70000\n",
          code: 2,
        },
      },
    ],
  },
  {
    name: "unit-get and network-get refuse unknown names",
    calls: [
      { call: ["unit-get"], answer: { stderr: "ERROR no setting specified\n", code: 2 } },
      { call: ["unit-get", "other"], answer: { stderr: 'ERROR unknown setting "other"\n', code: 2 } },
      { call: ["network-get"], answer: { stderr: "ERROR no arguments specified\n", code: 2 } },
      {
        call: ["network-get", "nosuch"],
        answer: { stderr: 'ERROR no network config found for binding "nosuch"\n', code: 1 },
      },
    ],
  },
  {
    name: "credential-get without trust",
    calls: [
      {
        call: ["credential-get"],
        answer: { stderr: "ERROR cannot access cloud credentials: permission denied\n", code: 1 },
      },
    ],
  },
  {
    name: "resource-get without the resource",
    calls: [
      { call: ["resource-get"], answer: { stderr: "ERROR missing required resource name\n", code: 2 } },
      {
        call: ["resource-get", "nosuch"],
        answer: { stderr: /^ERROR could not download resource: /, code: 1 },
      },
    ],
  },
  {
    name: "goal-state takes no arguments",
    calls: [{ call: ["goal-state", "x"], answer: { stderr: 'ERROR unrecognized args: ["x"]\n', code: 2 } }],
  },
  {
    name: "action-fail keeps the last message",
    context: "action",
    calls: [
      { call: ["action-fail", "first"], answer: {} },
      { call: ["action-fail", "--", "-no LXD"], answer: {} },
      { call: ["action-fail", "a", "b"], answer: { stderr: 'ERROR unrecognized args: ["b"]\n', code: 2 } },
    ],
    actionFailure: "-no LXD",
  },
  {
    name: "action-fail without a message",
    context: "action",
    calls: [{ call: ["action-fail"], answer: {} }],
    actionFailure: "action failed without reason given, check action for errors",
  },
  {
    name: "action tools and juju-reboot in an action",
    context: "action",
    calls: [
      { call: ["action-get", "--format=json"], answer: { stdout: '{"name":"world"}\n' } },
      { call: ["action-get", "name"], answer: { stdout: "world\n" } },
      { call: ["action-get", "--format=json", "times"], answer: { stdout: "null\n" } },
      { call: ["action-set", "a.b=1", "count=2"], answer: {} },
      { call: ["action-log", "half", "done"], answer: {} },
      { call: ["action-log"], answer: { stderr: "ERROR no message specified\n", code: 2 } },
      {
        call: ["action-set", "stdout=1"],
        answer: { stderr: 'ERROR cannot set reserved action key "stdout"\n', code: 2 },
      },
      {
        call: ["action-set", "nothing"],
        answer: { stderr: 'ERROR argument "nothing" must be of the form key...=value\n', code: 2 },
      },
      {
        call: ["juju-reboot"],
        answer: { stderr: "ERROR juju-reboot is not supported when running an action.\n", code: 1 },
      },
    ],
  },
];

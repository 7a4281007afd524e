import { expect } from "chai";

import { AgentFixture, NEVER } from "./tiny-charm.ts";

/** A command that calls hook tools in a unit, and its output. */
type Row = readonly [command: string, printed: string];

const EXIT = "; echo exit=$?";

const ANSWERS: readonly Row[] = [
  ["config-get --format=json", '{"flag":false,"number":3,"ratio":1.5,"text":"hello"}'],
  ["config-get text", "hello"],
  ["config-get --format json text", '"hello"'],
  ["config-get --format=json unset", "null"],
  ["config-get --format=json no-such-option", "null"],
  [
    "config-get -a --format=json",
    '{"flag":false,"number":3,"ratio":1.5,"secret-id":null,"text":"hello","unset":null}',
  ],
  ["config-get flag", "False"],
  ["is-leader", "True"],
  ["is-leader --format=json", "true"],
  ["is-leader --format=yaml", "true"],
  ["status-set active 'all well' && status-get", "active"],
  ["status-set blocked && status-get --format=json", '{"status":"blocked"}'],
  [
    "status-set waiting 'a < b & c' && status-get --include-data --format=json",
    '{"message":"a \\u003c b \\u0026 c","status":"waiting","status-data":{}}',
  ],
  [
    "status-set active && status-set --application waiting x && status-get --application --format=json",
    '{"application-status":{"status":"waiting","units":{"tiny/0":{"status":"active"}}}}',
  ],
  [
    "open-port 80 && open-port 8000-8010/udp && open-port icmp && close-port 81; opened-ports --format=json",
    '["icmp","80/tcp","8000-8010/udp"]',
  ],
  ["open-port 90/tcp && opened-ports --endpoints --format=json", '["90/tcp (*)"]'],
  ["open-port 90 && close-port 90 && opened-ports --format=json", "[]"],
  ["state-get --format=json", "null"],
  ["state-set a=1 b=2 && state-delete b && state-get --format=json", '{"a":"1"}'],
  ["echo '{c: three}' | state-set --file - a=1 && state-get --format=json", '{"a":"1","c":"three"}'],
  ["state-get --format=json missing", '""'],
  ["unit-get private-address", "10.0.0.5"],
  [
    'goal-state --format=json | sed \'s/"since":"[^"]*Z"/SINCE/\'',
    '{"relations":{},"units":{"tiny/0":{SINCE,"status":"active"}}}',
  ],
  [
    "network-get juju-info --format=json",
    '{"bind-addresses":[{"addresses":[{"cidr":"10.0.0.0/24","hostname":"","value":"10.0.0.5"}],"interface-name":"eth0","mac-address":"00:16:3e:00:00:01"}],"egress-subnets":["10.0.0.5/32"],"ingress-addresses":["10.0.0.5"]}',
  ],
  ["network-get juju-info --ingress-address", "10.0.0.5"],
  ["relation-ids --format=json peers", "[]"],
  ["secret-ids --format=json", "null"],
  ["storage-list --format=json", "[]"],
  ["config-get text -o out && cat out && rm out", "hello"],
  ["juju-log -- -x", ""],
  ["relation-set --format=json", "--format flag deprecated for this command"],
];

const REFUSALS: readonly Row[] = [
  ["config-get --all text", 'ERROR cannot use argument --all together with key "text"\nexit=2'],
  ["config-get --bogus", "ERROR option provided but not defined: --bogus\nexit=2"],
  ["config-get a b", 'ERROR unrecognized args: ["b"]\nexit=2'],
  ["config-get --format=xml", 'ERROR invalid value "xml" for option --format: unknown format "xml"\nexit=2'],
  ["is-leader x", 'ERROR unrecognized args: ["x"]\nexit=2'],
  ["status-set", "ERROR invalid args, require <status> [message]\nexit=2"],
  [
    "status-set error x",
    'ERROR invalid status "error", expected one of [maintenance blocked waiting active]\nexit=2',
  ],
  ["status-set active all well", 'ERROR unrecognized args: ["well"]\nexit=2'],
  ["juju-log", "ERROR no message specified\nexit=2"],
  ["application-version-set", "ERROR no version specified\nexit=2"],
  ["action-get", "ERROR not running an action\nexit=1"],
  ["action-set a=1", "ERROR not running an action\nexit=1"],
  ["action-set stdout=1", 'ERROR cannot set reserved action key "stdout"\nexit=2'],
  ["action-set nothing", 'ERROR argument "nothing" must be of the form key...=value\nexit=2'],
  ["action-fail", "ERROR not running an action\nexit=1"],
  ["action-log hi", "ERROR not running an action\nexit=1"],
  ["open-port", "ERROR no port or range specified\nexit=2"],
  ["open-port 80/sctp", 'ERROR invalid protocol "sctp", expected "tcp", "udp", or "icmp"\nexit=2'],
  ["open-port 70000", "ERROR port range bounds must be between 0 and 65535, got 70000-70000\nexit=2"],
  [
    "open-port 80; open-port 70-90",
    'ERROR cannot open 70-90/tcp (unit "tiny/0"): port range conflicts with 80/tcp (unit "tiny/0")\nexit=1',
  ],
  ["state-get --strict k", 'ERROR "k" not found\nexit=1'],
  ["state-set novalue", 'ERROR expected "key=value", got "novalue"\nexit=2'],
  ["unit-get", "ERROR no setting specified\nexit=2"],
  ["unit-get other", 'ERROR unknown setting "other"\nexit=2'],
  ["network-get", "ERROR no arguments specified\nexit=2"],
  ["network-get db", 'ERROR no network config found for binding "db"\nexit=1'],
  ["relation-ids", "ERROR no endpoint name specified\nexit=2"],
  ["relation-list", "ERROR no relation id specified\nexit=2"],
  ["relation-get -r db:7 -", 'ERROR invalid value "db:7" for option -r: relation not found\nexit=2'],
  ["relation-set -r x a=b", 'ERROR invalid value "x" for option -r: invalid relation id\nexit=2'],
  ["secret-get", "ERROR require either a secret URI or label\nexit=2"],
  ["secret-get nonsense", 'ERROR secret URI "nonsense" not valid\nexit=2'],
  ["secret-get secret:9m4e2mr0ui3e8a215n4g", 'ERROR secret "9m4e2mr0ui3e8a215n4g" not found\nexit=1'],
  ["secret-add", "ERROR missing secret value or filename\nexit=2"],
  ["storage-get", "ERROR no storage instance specified\nexit=2"],
  ["resource-get", "ERROR missing required resource name\nexit=2"],
  ["resource-get x", 'ERROR could not download resource: resource "x" not found\nexit=1'],
  ["credential-get", "ERROR cannot access cloud credentials: permission denied\nexit=1"],
  ["env -u JUJU_CONTEXT_ID is-leader", "ERROR JUJU_CONTEXT_ID not set\nexit=1"],
  ["env -u JUJU_AGENT_SOCKET_ADDRESS is-leader", "ERROR JUJU_AGENT_SOCKET_ADDRESS not set\nexit=1"],
];

describe("hook tools", function () {
  this.timeout(300_000);
  let fixture: AgentFixture;
  beforeEach(async () => {
    fixture = await AgentFixture.make();
    await fixture.deploy("true");
  });
  afterEach(() => fixture.dispose());

  it("answer like Juju's", async () => {
    const printed: Row[] = [];
    for (const [command] of ANSWERS) {
      // Remove the changes of earlier rows.
      await fixture.run("for p in $(opened-ports); do close-port $p; done; state-delete a; state-delete c");
      printed.push([command, await fixture.run(command)]);
    }
    expect(printed).to.deep.equal(ANSWERS);
  });

  it("refuse with Juju's messages and exit codes", async () => {
    const printed = await REFUSALS.reduce<Promise<Row[]>>(async (before, [command]) => {
      const rows = await before;
      const { stdout, stderr } = await fixture.agent.exec("tiny/0", `${command}${EXIT}`, NEVER);
      return [...rows, [command, `${stderr}${stdout}`.trimEnd()]];
    }, Promise.resolve([]));
    expect(printed).to.deep.equal(REFUSALS);
  });

  it("refuse another context than the running one", async () => {
    expect(await fixture.run("JUJU_CONTEXT_ID=tiny/0-start-0 is-leader")).to.match(
      /^ERROR bad request: expected context id "tiny\/0-juju-exec-[0-9a-f]{32}", got "tiny\/0-start-0"$/,
    );
  });

  it("refuse a process that outlives its context", async () => {
    const [over, late] = [`${fixture.directory}/over`, `${fixture.directory}/late`];
    const awaits = (path: string) => `for i in $(seq 3000); do [ -e ${path} ] && break; sleep 0.02; done`;
    await fixture.run(
      `(exec >/dev/null 2>&1; ${awaits(over)}; is-leader 2>${late}.part; echo $? >>${late}.part; mv ${late}.part ${late}) &`,
    );
    // Its context is over, and another one is running.
    await fixture.run(`touch ${over}; ${awaits(late)}`);
    expect(await fixture.run(`cat ${late}`)).to.match(/^ERROR .*\n1$/);
  });

  it("print their help", async () => {
    expect(await fixture.run("status-set --help")).to.match(/^Usage: status-set /);
  });

  it("log at the requested level", async () => {
    await fixture.run(
      "juju-log one two; juju-log -l WARNING three; juju-log --debug four; juju-log -l loud five",
    );
    const lines = fixture.events.flatMap((event) =>
      event.kind === "log" && event.line.logger.endsWith(".juju-log") ? [event.line] : [],
    );
    expect(lines.map(({ level, message }) => `${level} ${message}`)).to.deep.equal([
      "INFO one two",
      "WARNING three",
      "DEBUG four",
      'WARNING Specified log level of "loud" is not valid',
      "INFO five",
    ]);
  });

  it("work when the socket path is longer than the kernel allows", async () => {
    const deep = await AgentFixture.make("d".repeat(120));
    try {
      await deep.deploy("is-leader");
      expect(await deep.run("config-get text")).to.equal("hello");
    } finally {
      await deep.dispose();
    }
  });

  it("read and print data of any length", async () => {
    const script =
      "head -c 60000 /dev/zero | tr '\\0' x | sed 's/^/k: /' | state-set --file=- && state-get k | wc -c";
    expect(await fixture.run(script)).to.equal("60001");
  });
});

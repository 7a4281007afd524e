import type { ExpectedAnswer, HookToolCase, ObservedJuju, ToolCallCase } from "./hook-tool-case.ts";

const LONG_KEY = "k".repeat(1500);
const CONTROL: ExpectedAnswer = { stderr: "ERROR yaml: control characters are not allowed\n", code: 1 };

/** Writes a map of one entry to `--file -`. */
function file(tool: "relation-set" | "state-set", input: string, answer: ExpectedAnswer): ToolCallCase {
  const relation = tool === "relation-set" ? ["-r", "7"] : [];
  return { call: [tool, ...relation, "--file", "-"], input, answer };
}

/** Input that go-yaml refuses, or reads in its own way, for both tools that read YAML. */
function yamlCase(tool: "relation-set" | "state-set"): HookToolCase {
  const read: ToolCallCase =
    tool === "state-set"
      ? {
          call: ["state-get", "--format=json"],
          answer: { stdout: '{"nel":"x y","ok":"\u007f\u0085\ufffe","smile":"😀"}\n' },
        }
      : {
          call: ["relation-get", "-r", "7", "--format=json", "-", "tiny/0"],
          answer: { stdout: `{"${LONG_KEY}":"v","nel":"x y","ok":"\u007f\u0085\ufffe","smile":"😀"}\n` },
        };
  const long: readonly ToolCallCase[] =
    tool === "state-set" ? [] : [file(tool, `{? "${LONG_KEY}" : "v"}`, {})];
  return {
    name: `${tool} --file - reads YAML like go-yaml`,
    ...(tool === "relation-set" && { needs: ["relation"] as const }),
    calls: [
      file(tool, '{"a":"\u007f"}', CONTROL),
      file(tool, '{"a":"\u0080"}', CONTROL),
      file(tool, '{"a":"\ufffe"}', CONTROL),
      file(tool, '{"a":"\uffff"}', CONTROL),
      file(tool, '{"a":"\\ud800"}', {
        stderr: /^ERROR yaml: .*invalid Unicode character escape code\n$/,
        code: 1,
      }),
      file(tool, `{"${LONG_KEY}":"v"}`, { stderr: /^ERROR yaml: .*did not find expected ','/, code: 1 }),
      file(tool, '{"ok":"\\u007f\\u0085\\ufffe"}', {}),
      file(tool, '{"nel":"x\u0085y"}', {}),
      file(tool, '{"smile":"😀"}', {}),
      ...long,
      read,
    ],
  };
}

const versions = (
  three: ExpectedAnswer,
  four: ExpectedAnswer,
): Readonly<Record<ObservedJuju, ExpectedAnswer>> => ({
  "3.6": three,
  "4.0": four,
});

/** State, relations, storage and secrets. */
export const DATA_CASES: readonly HookToolCase[] = [
  yamlCase("state-set"),
  yamlCase("relation-set"),
  {
    name: "state in the controller",
    calls: [
      { call: ["state-get", "--format=json"], answer: { stdout: "null\n" } },
      { call: ["state-set", "a=1", "b=2"], answer: {} },
      { call: ["state-get", "a"], answer: { stdout: "1\n" } },
      { call: ["state-get", "--format=json", "missing"], answer: { stdout: '""\n' } },
      {
        call: ["state-get", "--strict", "missing"],
        answer: { stderr: 'ERROR "missing" not found\n', code: 1 },
      },
      { call: ["state-set", "x"], answer: { stderr: 'ERROR expected "key=value", got "x"\n', code: 2 } },
      { call: ["state-set", "--file", "-", "a=3"], input: "{a: two, c: three}", answer: {} },
      { call: ["state-delete", "missing"], answer: {} },
      { call: ["state-delete", ""], answer: {} },
      { call: ["state-delete", "b"], answer: {} },
      { call: ["state-get", "--format=json"], answer: { stdout: '{"a":"3","c":"three"}\n' } },
    ],
  },
  {
    name: "YAML output quotes what YAML 1.1 reads as a boolean",
    calls: [
      { call: ["state-set", "a=n", "b=on", "c=plain"], answer: {} },
      { call: ["state-get", "--format=yaml"], answer: { stdout: 'a: "n"\nb: "on"\nc: plain\n' } },
    ],
  },
  {
    name: "storage-add of an undeclared storage is refused only at the end",
    calls: [
      { call: ["state-set", "lost=1"], answer: {} },
      { call: ["storage-add", "nosuch"], answer: {} },
    ],
    refusedFlush: 'charm storage "nosuch" not found',
  },
  {
    name: "storage tools refuse wrong arguments",
    calls: [
      { call: ["storage-list", "--format=json", "nosuch"], answer: { stdout: "[]\n" } },
      { call: ["storage-get"], answer: { stderr: "ERROR no storage instance specified\n", code: 2 } },
      {
        call: ["storage-get", "-s", "data"],
        answer: { stderr: 'ERROR invalid value "data" for option -s: invalid storage ID "data"\n', code: 2 },
      },
      {
        call: ["storage-add"],
        answer: { stderr: "ERROR storage add requires a storage directive\n", code: 2 },
      },
      {
        call: ["storage-add", "data=1,2"],
        answer: { stderr: 'ERROR only count can be specified for "data"\n', code: 2 },
      },
    ],
  },
  {
    name: "storage that is attached",
    needs: ["storage"],
    calls: [
      { call: ["storage-list", "--format=json"], answer: { stdout: '["data/0"]\n' } },
      { call: ["storage-get", "-s", "data/0", "location"], answer: { stdout: "/srv/data\n" } },
      {
        call: ["storage-get", "-s", "data/0", "--format=json"],
        answer: { stdout: '{"kind":"filesystem","location":"/srv/data"}\n' },
      },
      {
        call: ["storage-get", "-s", "data/0", "size"],
        answer: { stderr: 'ERROR invalid storage attribute "size"\n', code: 1 },
      },
      { call: ["storage-add", "data"], answer: {} },
    ],
  },
  {
    name: "relation tools without such a relation",
    calls: [
      { call: ["relation-ids", "--format=json", "nosuch"], answer: { stdout: "[]\n" } },
      { call: ["relation-ids"], answer: { stderr: "ERROR no endpoint name specified\n", code: 2 } },
      { call: ["relation-list"], answer: { stderr: "ERROR no relation id specified\n", code: 2 } },
      ...(["relation-list", "relation-get", "relation-model-get", "relation-set"] as const).map(
        (tool): ToolCallCase => ({
          call: [tool, "-r", "db:999"],
          answer: { stderr: 'ERROR invalid value "db:999" for option -r: relation not found\n', code: 2 },
        }),
      ),
      {
        call: ["relation-set", "-r", "x", "a=b"],
        answer: { stderr: 'ERROR invalid value "x" for option -r: invalid relation id\n', code: 2 },
      },
    ],
  },
  {
    name: "data of a relation, on the leader",
    needs: ["relation"],
    calls: [
      { call: ["relation-ids", "--format=json", "db"], answer: { stdout: '["db:7"]\n' } },
      { call: ["relation-list", "-r", "7", "--format=json"], answer: { stdout: '["pg/0"]\n' } },
      { call: ["relation-list", "-r", "db:7", "--app"], answer: { stdout: "pg\n" } },
      { call: ["relation-get", "-r", "7", "name", "pg/0"], answer: { stdout: "amy\n" } },
      { call: ["relation-get", "-r", "7", "--format=json", "nosuch", "pg/0"], answer: { stdout: "null\n" } },
      { call: ["relation-set", "-r", "7", "--app", "version=1", "gone="], answer: {} },
      {
        call: ["relation-get", "-r", "7", "--app", "--format=json", "-", "tiny"],
        answer: { stdout: '{"version":"1"}\n' },
      },
      { call: ["relation-set", "-r", "7", " key = value "], answer: {} },
      { call: ["relation-get", "-r", "7", "key", "tiny/0"], answer: { stdout: "value\n" } },
      {
        call: ["relation-set", "-r", "7", "a=1", "a=2"],
        answer: { stderr: 'ERROR key "a" specified more than once\n', code: 2 },
      },
      {
        call: ["relation-get", "-r", "7", "-", "pg"],
        answer: { stderr: 'ERROR expected unit name, got application name "pg"\n', code: 2 },
      },
      {
        call: ["relation-get", "-r", "7", "-", "other/0"],
        answer: versions(
          { stderr: "ERROR permission denied\n", code: 1 },
          { stderr: "ERROR relation unit not found\n", code: 1 },
        ),
      },
    ],
  },
  {
    name: "own application's data of a relation, on a unit that does not lead",
    leader: false,
    needs: ["relation"],
    calls: [
      {
        call: ["relation-get", "-r", "7", "--app", "--format=json", "-", "tiny"],
        answer: versions({ stderr: "ERROR permission denied\n", code: 1 }, { stdout: "{}\n" }),
      },
      {
        call: ["relation-get", "-r", "8", "--app", "--format=json", "-", "tiny"],
        answer: { stdout: "{}\n" },
      },
      {
        call: ["relation-set", "-r", "7", "--app", "a=1"],
        answer: { stderr: "ERROR cannot write relation settings\n", code: 1 },
      },
    ],
  },
  {
    name: "secret-get of a person's secrets",
    calls: [
      { call: ["secret-get", "secret:{granted}"], answer: { stdout: "token: hunter2\n" } },
      { call: ["secret-get", "{granted}", "token", "--format=json"], answer: { stdout: '"hunter2"\n' } },
      {
        call: ["secret-get", "{granted}", "other"],
        answer: { stderr: 'ERROR secret key value "other" not found\n', code: 1 },
      },
      { call: ["secret-get", "{granted}", "--label", "mine"], answer: { stdout: "token: hunter2\n" } },
      { call: ["secret-get", "--label", "mine"], answer: { stdout: "token: hunter2\n" } },
      { call: ["secret-get", "{granted}", "token#base64"], answer: { stdout: "aHVudGVyMg==\n" } },
      {
        call: ["secret-get", "{denied}"],
        answer: versions(
          { stderr: "ERROR permission denied\n", code: 1 },
          { stderr: 'ERROR "tiny/0" is not allowed to read this secret\n', code: 1 },
        ),
      },
      {
        call: ["secret-get", "9m4e2mr0ui3e8a215n40"],
        answer: versions(
          { stderr: 'ERROR secret "9m4e2mr0ui3e8a215n40" not found\n', code: 1 },
          { stderr: "ERROR getting latest secret revision: secret not found\n", code: 1 },
        ),
      },
      {
        call: ["secret-get", "--label", "nosuch"],
        answer: versions(
          { stderr: 'ERROR consumer label "nosuch" not found\n', code: 1 },
          { stderr: 'ERROR secret URI for consumer label "nosuch" not found\n', code: 1 },
        ),
      },
    ],
  },
  {
    name: "secret tools refuse what is no secret",
    calls: [
      { call: ["secret-get"], answer: { stderr: "ERROR require either a secret URI or label\n", code: 2 } },
      {
        call: ["secret-get", "secret:9m4e2mr0ui3e8a215n4z"],
        answer: { stderr: 'ERROR secret URI "secret:9m4e2mr0ui3e8a215n4z" not valid\n', code: 2 },
      },
      {
        call: ["secret-get", "nonsense"],
        answer: { stderr: 'ERROR secret URI "nonsense" not valid\n', code: 2 },
      },
      {
        call: ["secret-get", "--peek", "--refresh", "9m4e2mr0ui3e8a215n40"],
        answer: { stderr: "ERROR specify one of --peek or --refresh but not both\n", code: 2 },
      },
      { call: ["secret-ids", "--format=json"], answer: { stdout: "null\n" } },
      { call: ["secret-add"], answer: { stderr: "ERROR missing secret value or filename\n", code: 2 } },
      { call: ["secret-add", "A=1"], answer: { stderr: 'ERROR key "A" not valid\n', code: 2 } },
      {
        call: ["secret-add", "--rotate", "often", "token=x"],
        answer: { stderr: 'ERROR rotate policy "often" not valid\n', code: 2 },
      },
      { call: ["secret-set"], answer: { stderr: "ERROR missing secret URI\n", code: 2 } },
      { call: ["secret-grant"], answer: { stderr: "ERROR missing secret URI\n", code: 2 } },
      {
        call: ["secret-revoke", "9m4e2mr0ui3e8a215n40"],
        answer: { stderr: "ERROR missing relation or application or unit\n", code: 2 },
      },
      { call: ["secret-remove"], answer: { stderr: "ERROR missing secret URI\n", code: 2 } },
      {
        call: ["secret-info-get"],
        answer: { stderr: "ERROR require either a secret URI or label\n", code: 2 },
      },
    ],
  },
  {
    name: "the unit's own secret, changed and removed",
    needs: ["relation", "own-secret"],
    calls: [
      { call: ["secret-ids", "--format=json"], answer: { stdout: '["{owned}"]\n' } },
      { call: ["secret-get", "{owned}"], answer: { stdout: "token: old\n" } },
      { call: ["secret-set", "{owned}", "token=new"], answer: {} },
      { call: ["secret-get", "{owned}"], answer: { stdout: "token: old\n" } },
      { call: ["secret-get", "{owned}", "--peek"], answer: { stdout: "token: new\n" } },
      { call: ["secret-grant", "{owned}", "-r", "7"], answer: {} },
      { call: ["secret-grant", "{owned}", "-r", "7"], answer: {} },
      {
        call: ["secret-grant", "{owned}"],
        answer: { stderr: "ERROR no relation id specified\n", code: 2 },
      },
      { call: ["secret-revoke", "{owned}", "-r", "7"], answer: {} },
      {
        call: ["secret-revoke", "{owned}", "--app", "pg", "--unit", "pg/0"],
        answer: { stderr: "ERROR specify only one of application or unit\n", code: 2 },
      },
      { call: ["secret-remove", "{owned}"], answer: {} },
      { call: ["secret-ids", "--format=json"], answer: { stdout: "null\n" } },
    ],
  },
  {
    name: "secret-add of a label that the unit has",
    needs: ["own-secret"],
    calls: [
      {
        call: ["secret-add", "--owner", "unit", "--label", "mine", "token=x"],
        answer: { stderr: 'ERROR secret with label "mine" already exists\n', code: 1 },
      },
    ],
  },
  {
    name: "secret-set of a missing secret is refused only at the end",
    needs: ["own-secret"],
    calls: [{ call: ["secret-set", "9m4e2mr0ui3e8a215n40", "token=x"], answer: {} }],
    refusedFlush: 'secret "9m4e2mr0ui3e8a215n40" not found',
  },
  {
    name: "secret-add of the application on a unit that does not lead",
    leader: false,
    needs: ["own-secret"],
    calls: [
      { call: ["secret-add", "token=x"], answer: { stderr: "ERROR this unit is not the leader\n", code: 1 } },
    ],
  },
];

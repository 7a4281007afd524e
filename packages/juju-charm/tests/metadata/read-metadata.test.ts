import { expect } from "chai";
import {
  MetadataError,
  readMetadata,
  type MetadataProblem,
  type MetadataFiles,
} from "../../src/metadata/index.ts";

const CHARM = "name: probe\nsummary: A probe.\ndescription: Probes.\n";

function problemsOf(files: Partial<MetadataFiles>): readonly MetadataProblem[] {
  try {
    readMetadata({ charm: CHARM, ...files });
  } catch (thrown) {
    if (thrown instanceof MetadataError) return thrown.problems;
    throw thrown;
  }
  return [];
}

function messagesOf(files: Partial<MetadataFiles>): readonly string[] {
  return problemsOf(files).map(({ file, line, text }) => `${file}:${line}: ${text}`);
}

describe("readMetadata()", () => {
  it("reads a charm with only the required keys", () => {
    const metadata = readMetadata({ charm: CHARM });
    expect(metadata.title).to.equal("probe");
    expect(metadata).to.deep.include({
      options: {},
      actions: {},
      relations: {},
      storages: {},
      resources: {},
    });
  });

  it("reads endpoints of all roles, in short and long form, with Juju's defaults", () => {
    const roles = `provides:\n  site: http\nrequires:\n  db: {interface: pgsql, scope: container, limit: 2, optional: true}
peers:\n  ring: {interface: ring}\n`;
    const { relations } = readMetadata({ charm: CHARM + roles });
    const endpoint = { scope: "global", optional: false };
    expect(relations).to.deep.equal({
      site: { ...endpoint, role: "provides", interface: "http", limit: undefined },
      db: { role: "requires", interface: "pgsql", scope: "container", limit: 2, optional: true },
      ring: { ...endpoint, role: "peer", interface: "ring", limit: 1 },
    });
  });

  it("reads the number of storage instances", () => {
    const ranges = ["3", '"1-2"', '"0+"', '"2-"'];
    const read = ranges.map((range) => {
      const charm = `${CHARM}storage:\n  data: {type: filesystem, multiple: {range: ${range}}}\n`;
      return readMetadata({ charm }).storages["data"]?.multiple;
    });
    expect(read).to.deep.equal([
      { minimum: 3, maximum: 3 },
      { minimum: 1, maximum: 2 },
      { minimum: 0, maximum: undefined },
      { minimum: 2, maximum: undefined },
    ]);
  });

  it("lets a subordinate require juju-info", () => {
    const charm = `${CHARM}subordinate: true\nrequires:\n  juju-info: {interface: juju-info, scope: container}\n`;
    expect(problemsOf({ charm })).to.deep.equal([]);
  });

  it("reports all problems of all files together, in order", () => {
    expect(
      messagesOf({
        charm: "name: Probe\nsummary: A probe.\nprovides:\n  site: {}\n",
        config: "options:\n  size:\n    type: int\n    default: two\n",
        actions: "juju-run: {}\n",
      }),
    ).to.deep.equal([
      `actions.yaml:1: the action name "juju-run" is reserved by Juju; use one that does not begin with juju`,
      'charm.yaml:1: the charm name "Probe" is not valid; use lower-case letters, digits and hyphens, with a letter in each part',
      "charm.yaml:1: description is missing; add it",
      "charm.yaml:4: provides.site.interface is missing; add it",
      'config.yaml:4: options.size.default is "two", but the option is of type int; use a whole number',
    ]);
  });

  it("reports the line of malformed YAML", () => {
    const [problem] = problemsOf({ config: "options:\n  a: {type: string\n" });
    expect(problem).to.deep.include({ file: "config.yaml", line: 3 });
    expect(problem?.text).to.include("the YAML is malformed");
  });

  const CASES: readonly (readonly [title: string, files: Partial<MetadataFiles>, message: string])[] = [
    ["a list instead of a map", { config: "- a\n" }, "the file is not a map"],
    [
      "a word that Juju reads as a boolean",
      { config: "options:\n  policy: {type: string, default: off}\n" },
      "config.yaml:2: Juju reads off as a boolean; write true or false, or put it in quotes",
    ],
    [
      "a name that Juju reads as a boolean",
      { config: "options:\n  n: {type: string}\n" },
      'config.yaml:2: Juju reads the name n as a boolean; put it in quotes: "n"',
    ],
    [
      "an unknown option type",
      { config: "options:\n  size: {type: integer}\n" },
      'config.yaml:2: options.size.type is "integer"; use string, int, float, boolean or secret',
    ],
    [
      "an option without a type",
      { config: "options:\n  size: {}\n" },
      "options.size.type is missing; use string",
    ],
    [
      "a default in quotes",
      { config: 'options:\n  size: {type: boolean, default: "true"}\n' },
      "use true or false",
    ],
    [
      "an invalid secret URI",
      { config: "options:\n  s: {type: secret, default: key}\n" },
      "use a secret URI",
    ],
    [
      "a misspelt key of an option",
      { config: "options:\n  size:\n    type: int\n    defualt: 2\n" },
      "config.yaml:4: options.size.defualt is not known; did you mean default?",
    ],
    [
      "a reserved option name",
      { config: "options:\n  trust: {type: boolean}\n" },
      "trust is reserved by Juju",
    ],
    [
      "an option name in capitals",
      { config: "options:\n  Size: {type: int}\n" },
      'the option name "Size" is not valid',
    ],
    ["an action with an underscore", { actions: "do_it: {}\n" }, 'the action name "do_it" is not valid'],
    [
      "an undeclared required parameter",
      { actions: "go:\n  params:\n    to: {type: string}\n  required: [too]\n" },
      "actions.yaml:4: too is required but not declared; declared names: to",
    ],
    [
      "a type that is not in JSON schema",
      { actions: "go:\n  params:\n    size: {type: int}\n" },
      'go.params.size.type is "int"; use string, integer, number',
    ],
    [
      "a default that is not in the enum",
      { actions: "go: {params: {how: {type: string, enum: [soft, hard], default: mild}}}" },
      'go.params.how.default is "mild"; use one of "soft", "hard"',
    ],
    [
      "a default of another type",
      { actions: "go: {params: {size: {type: integer, default: 1.5}}}" },
      "go.params.size.default is 1.5; use a value of type integer",
    ],
    [
      "a reference",
      { actions: 'go: {params: {size: {$ref: "#/a"}}}' },
      "Juju refuses $ref; write the full schema instead",
    ],
    [
      "a result that Juju sets",
      { actions: "go: {results: {stdout: {type: string}}}" },
      "stdout is reserved by Juju",
    ],
    [
      "a result that is a list",
      { actions: "go: {results: {all: {type: array}}}" },
      "the result all is of type array",
    ],
    [
      "an endpoint in two roles",
      { charm: `${CHARM}provides:\n  db: pgsql\nrequires:\n  db: pgsql\n` },
      "charm.yaml:7: the endpoint db is in two roles",
    ],
    [
      "a reserved endpoint name",
      { charm: `${CHARM}provides:\n  juju-x: x\n` },
      'the endpoint name "juju-x" is reserved by Juju',
    ],
    [
      "a reserved interface",
      { charm: `${CHARM}provides:\n  x: juju-x\n` },
      'the interface "juju-x" is reserved by Juju',
    ],
    [
      "a limit of zero",
      { charm: `${CHARM}provides:\n  x: {interface: x, limit: 0}\n` },
      "use a whole number from 1",
    ],
    ["an unknown scope", { charm: `${CHARM}provides:\n  x: {interface: x, scope: unit}\n` }, "container"],
    [
      "a subordinate without a container endpoint",
      { charm: `${CHARM}subordinate: true\n` },
      'with "scope: container"',
    ],
    ["containers", { charm: `${CHARM}containers:\n  web: {}\n` }, "this framework is for machine charms"],
    ["series", { charm: `${CHARM}series: [jammy]\n` }, "declare systems in bases"],
    [
      "a channel that is a number",
      { charm: `${CHARM}bases:\n  - {name: ubuntu, channel: 24.04}\n` },
      "put it in quotes",
    ],
    ["a storage without a type", { charm: `${CHARM}storage:\n  data: {}\n` }, "storage.data.type is missing"],
    ["a relative mount point", storage("location: srv"), "use an absolute path"],
    [
      "a mount point in Juju's directory",
      storage("location: /var/lib/juju/storage/x"),
      "is in Juju's directory",
    ],
    ["a size without a unit", storage("minimum-size: 10"), "such as 10G"],
    ["a range with its end before its start", storage('multiple: {range: "3-1"}'), 'use "m", "m-n" or "m+"'],
    [
      "a resource file name with a directory",
      { charm: `${CHARM}resources:\n  r: {type: file, filename: a/b}\n` },
      'without "/"',
    ],
    [
      "an extra binding with the name of an endpoint",
      { charm: `${CHARM}provides:\n  x: x\nextra-bindings:\n  x:\n` },
      "x is also an endpoint",
    ],
  ];
  for (const [title, files, message] of CASES) {
    it(`refuses ${title}`, () => {
      const messages = messagesOf(files);
      expect(messages).to.have.length(1);
      expect(messages[0]).to.include(message);
    });
  }
});

function storage(member: string): Partial<MetadataFiles> {
  return { charm: `${CHARM}storage:\n  data:\n    type: filesystem\n    ${member}\n` };
}

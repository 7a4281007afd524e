import { expect } from "chai";
import {
  MetadataError,
  readMetadata,
  type MetadataFault,
  type MetadataFiles,
} from "../../src/metadata/index.ts";

const CHARM = "name: probe\nsummary: A probe.\ndescription: Probes.\n";

function faultsOf(files: Partial<MetadataFiles>): readonly MetadataFault[] {
  try {
    readMetadata({ charm: CHARM, ...files });
  } catch (thrown) {
    if (thrown instanceof MetadataError) return thrown.faults;
    throw thrown;
  }
  return [];
}

function messagesOf(files: Partial<MetadataFiles>): readonly string[] {
  return faultsOf(files).map(({ file, line, text }) => `${file}:${line}: ${text}`);
}

describe("readMetadata()", () => {
  it("reads a charm that has nothing but what Juju asks for", () => {
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

  it("reads endpoints of all roles, written short or long, with Juju's defaults", () => {
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

  it("reads how many storages there may be", () => {
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

  it("lets a subordinate require what every application provides", () => {
    const charm = `${CHARM}subordinate: true\nrequires:\n  juju-info: {interface: juju-info, scope: container}\n`;
    expect(faultsOf({ charm })).to.deep.equal([]);
  });

  it("tells every fault of every file at once, in their order", () => {
    expect(
      messagesOf({
        charm: "name: Probe\nsummary: A probe.\nprovides:\n  site: {}\n",
        config: "options:\n  size:\n    type: int\n    default: two\n",
        actions: "juju-run: {}\n",
      }),
    ).to.deep.equal([
      `actions.yaml:1: the action name "juju-run" is Juju's own; use one that does not begin with juju`,
      'charm.yaml:1: the charm name "Probe" is not valid; use lower-case letters, digits and hyphens, with a letter in each part',
      "charm.yaml:1: description is missing; add it",
      "charm.yaml:4: provides.site.interface is missing; add it",
      'config.yaml:4: options.size.default is "two", but the option is of type int; use a whole number',
    ]);
  });

  it("says so when a file is no YAML, and where", () => {
    const [fault] = faultsOf({ config: "options:\n  a: {type: string\n" });
    expect(fault).to.deep.include({ file: "config.yaml", line: 3 });
    expect(fault?.text).to.include("the YAML is malformed");
  });

  const CASES: readonly (readonly [title: string, files: Partial<MetadataFiles>, message: string])[] = [
    ["a list for a map", { config: "- a\n" }, "the file is no map"],
    [
      "a word that Juju takes for a boolean",
      { config: "options:\n  policy: {type: string, default: off}\n" },
      "config.yaml:2: Juju takes off for a boolean; write true or false, or put it in quotes",
    ],
    [
      "a type of option that Juju does not have",
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
      "a secret that is none",
      { config: "options:\n  s: {type: secret, default: key}\n" },
      "use a secret URI",
    ],
    [
      "a misspelt key of an option",
      { config: "options:\n  size:\n    type: int\n    defualt: 2\n" },
      "config.yaml:4: options.size.defualt is not known; did you mean default?",
    ],
    ["Juju's own option", { config: "options:\n  trust: {type: boolean}\n" }, "trust is Juju's own"],
    [
      "an option in capitals",
      { config: "options:\n  Size: {type: int}\n" },
      'the option name "Size" is not valid',
    ],
    ["an action with an underscore", { actions: "do_it: {}\n" }, 'the action name "do_it" is not valid'],
    [
      "a required parameter that is not described",
      { actions: "go:\n  params:\n    to: {type: string}\n  required: [too]\n" },
      "actions.yaml:4: too is required but not described; the names described are: to",
    ],
    [
      "a type that JSON schema does not have",
      { actions: "go:\n  params:\n    size: {type: int}\n" },
      'go.params.size.type is "int"; use string, integer, number',
    ],
    [
      "a default that its enum does not have",
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
      "Juju refuses $ref; write the schema out",
    ],
    [
      "a result that Juju sets",
      { actions: "go: {results: {stdout: {type: string}}}" },
      "stdout is Juju's own",
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
      "Juju's own endpoint",
      { charm: `${CHARM}provides:\n  juju-x: x\n` },
      'the endpoint name "juju-x" is Juju\'s own',
    ],
    [
      "Juju's own interface",
      { charm: `${CHARM}provides:\n  x: juju-x\n` },
      'the interface "juju-x" is Juju\'s own',
    ],
    [
      "a limit of none",
      { charm: `${CHARM}provides:\n  x: {interface: x, limit: 0}\n` },
      "use 1 or a greater",
    ],
    [
      "a scope that Juju does not have",
      { charm: `${CHARM}provides:\n  x: {interface: x, scope: unit}\n` },
      "container",
    ],
    ["a subordinate that joins nothing", { charm: `${CHARM}subordinate: true\n` }, 'with "scope: container"'],
    ["containers", { charm: `${CHARM}containers:\n  web: {}\n` }, "framework for machine charms"],
    ["series", { charm: `${CHARM}series: [jammy]\n` }, "name systems in bases"],
    [
      "a channel that is a number",
      { charm: `${CHARM}bases:\n  - {name: ubuntu, channel: 24.04}\n` },
      "put it in quotes",
    ],
    ["a storage without a type", { charm: `${CHARM}storage:\n  data: {}\n` }, "storage.data.type is missing"],
    ["a mount point that is relative", storage("location: srv"), "use an absolute path"],
    ["a mount point of Juju's", storage("location: /var/lib/juju/storage/x"), "Juju's own directory"],
    ["a size without a unit", storage("minimum-size: 10"), "such as 10G"],
    ["a range that ends before it begins", storage('multiple: {range: "3-1"}'), 'use "m", "m-n" or "m+"'],
    [
      "a resource that is a path",
      { charm: `${CHARM}resources:\n  r: {type: file, filename: a/b}\n` },
      'without "/"',
    ],
    [
      "an extra binding that is an endpoint",
      { charm: `${CHARM}provides:\n  x: x\nextra-bindings:\n  x:\n` },
      "x is an endpoint too",
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

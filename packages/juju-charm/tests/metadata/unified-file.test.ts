import { expect } from "chai";
import { MetadataError, readMetadata, type CharmFile, type MetadataFiles } from "../../src/metadata/index.ts";

const CHARM = "name: probe\nsummary: A probe.\ndescription: Probes.\n";

/** All keys of charmcraft's schema, except those for Kubernetes charms. */
const UNIFIED = `${CHARM}type: charm
title: Probe
base: ubuntu@24.04
build-base: ubuntu@24.04
platforms:
  amd64:
  arm64:
parts:
  charm: {plugin: dump, source: .}
charm-libs: [{lib: a.b, version: "0"}]
analysis: {ignore: {attributes: [language], linters: [entrypoint]}}
charmhub: {api-url: "https://x", storage-url: "https://x", registry-url: "https://x"}
package-repositories: []
adopt-info: charm
links:
  contact: [A <a@b.c>]
  documentation: https://docs
  issues: https://issues
  source: https://source
  website: https://website
assumes:
  - juju >= 3.6
  - any-of: [juju >= 4, {all-of: [juju >= 3.6, x]}]
charm-user: root
terms: [fair]
extra-bindings: {extra: }
requires: {db: {interface: db}}
config:
  options:
    size: {type: int, default: 1}
actions:
  go: {description: Goes., params: {far: {type: boolean}}}
`;

function messagesOf(files: Partial<MetadataFiles>): readonly string[] {
  try {
    readMetadata({ charm: CHARM, ...files });
  } catch (thrown) {
    if (thrown instanceof MetadataError)
      return thrown.problems.map(({ file, line, text }) => `${file}:${line}: ${text}`);
    throw thrown;
  }
  return [];
}

const basesOf = (yaml: string) => readMetadata({ charm: `${CHARM}${yaml}` }).bases;

describe("readMetadata() for a unified file", () => {
  for (const charmFile of ["charm.yaml", "charmcraft.yaml"] as const) {
    it(`reads all keys of charmcraft from ${charmFile}`, () => {
      const metadata = readMetadata({ charm: UNIFIED, charmFile });
      expect(metadata.title).to.equal("Probe");
      expect(metadata.options).to.have.all.keys("size");
      expect(metadata.actions).to.have.all.keys("go");
      expect(metadata.bases).to.deep.equal([
        { name: "ubuntu", channel: "24.04", architectures: ["amd64", "arm64"] },
      ]);
    });
  }

  it("refuses options and actions that are also in separate files", () => {
    expect(
      messagesOf({ charm: UNIFIED, config: "options: {}\n", actions: "stop: {description: x}\n" }),
    ).to.deep.equal([
      "charm.yaml:31: config.yaml exists too, and only one of the two is read; keep one of them",
      "charm.yaml:34: actions.yaml exists too, and only one of the two is read; keep one of them",
    ]);
  });

  it("checks options and actions like those in separate files", () => {
    const charm = `${CHARM}config:\n  options:\n    size: {type: text}\nactions:\n  go:\n    parms: {}\n`;
    expect(messagesOf({ charm, charmFile: "charmcraft.yaml" })).to.deep.equal([
      'charmcraft.yaml:6: config.options.size.type is "text"; use string, int, float, boolean or secret',
      "charmcraft.yaml:9: actions.go.parms is not known; did you mean params?",
    ]);
  });

  it("accepts Juju's names in charm.yaml, and reports charmcraft's names for charmcraft.yaml", () => {
    const charm = `${CHARM}display-name: Probe\ndocs: https://docs\n`;
    expect(messagesOf({ charm })).to.deep.equal([]);
    expect(messagesOf({ charm, charmFile: "charmcraft.yaml" })).to.deep.equal([
      "charmcraft.yaml:4: display-name is not known to charmcraft; write title",
      "charmcraft.yaml:5: docs is not known to charmcraft; write links.documentation",
    ]);
  });

  it("ignores unknown keys of a packed metadata.yaml, like Juju", () => {
    expect(messagesOf({ charm: `${CHARM}future: 1\n`, charmFile: "metadata.yaml" })).to.deep.equal([]);
  });

  describe("for bases", () => {
    const ubuntu = (channel: string, ...architectures: string[]) => ({
      name: "ubuntu",
      channel,
      architectures,
    });

    it("reads bases in short form and with run-on", () => {
      expect(basesOf("bases: [{name: ubuntu, channel: '22.04', architectures: [amd64]}]\n")).to.deep.equal([
        ubuntu("22.04", "amd64"),
      ]);
      const long = `bases:
  - build-on: [{name: ubuntu, channel: "20.04"}]
    run-on: [{name: ubuntu, channel: "22.04"}, {name: ubuntu, channel: "24.04", architectures: [arm64]}]\n`;
      expect(basesOf(long)).to.deep.equal([ubuntu("22.04"), ubuntu("24.04", "arm64")]);
    });

    it("reads platforms with their system", () => {
      const platforms = "platforms:\n  ubuntu@22.04:amd64:\n  ubuntu@24.04:amd64:\n  ubuntu@24.04:arm64:\n";
      expect(basesOf(platforms)).to.deep.equal([ubuntu("22.04", "amd64"), ubuntu("24.04", "amd64", "arm64")]);
    });

    it("reads the targets of named platforms", () => {
      const named = `base: ubuntu@24.04
platforms:
  small: {build-on: [amd64, arm64], build-for: arm64}
  old: {build-on: ubuntu@22.04:amd64, build-for: ["ubuntu@22.04:amd64"]}\n`;
      expect(basesOf(named)).to.deep.equal([ubuntu("24.04", "arm64"), ubuntu("22.04", "amd64")]);
      const all = "base: ubuntu@24.04\nplatforms:\n  any: {build-on: amd64, build-for: all}\n";
      expect(basesOf(all)).to.deep.equal([ubuntu("24.04")]);
    });
  });

  const CASES: readonly (readonly [title: string, yaml: string, message: string, file?: CharmFile])[] = [
    ["a misspelt key", "provies: {}\n", "4: provies is not known; did you mean provides?"],
    ["an unknown key", "colour: red\n", "4: colour is not known; remove it"],
    ["options beside config", "options: {}\n", "4: options cannot be used: write it below config"],
    ["a misspelt link", "links:\n  isues: x\n", "5: links.isues is not known; did you mean issues?"],
    [
      "a misspelt word in assumes",
      "assumes:\n  - any-off: [x]\n",
      "5: assumes.0.any-off is not known; did you mean any-of?",
    ],
    ["a misspelt key of analysis", "analysis:\n  ignore:\n    linter: []\n", "did you mean linters?"],
    ["a key of a charm library", "charm-libs:\n  - {lib: a.b, versoin: '0'}\n", "did you mean version?"],
    ["an unknown charm user", "charm-user: nobody\n", "use root, sudoer or non-root"],
    ["an unknown charm type", "type: bundle\n", 'type is "bundle"; use charm'],
    ["extensions", "extensions: [flask-framework]\n", "only charmcraft expands extensions"],
    ["bases beside platforms", "platforms: {amd64: }\nbase: ubuntu@24.04\nbases: []\n", "keep one of them"],
    [
      "a platform without a system",
      "platforms:\n  amd64:\n",
      "5: the platform amd64 has no system; add base",
    ],
    ["a base without platforms", "base: ubuntu@24.04\n", "base needs platforms"],
    ["an invalid base", "base: ubuntu-24.04\nplatforms: {amd64: }\n", "such as ubuntu@24.04"],
    ["an invalid platform", "base: ubuntu@24.04\nplatforms:\n  x86:\n", "6: the platform x86 is invalid"],
    [
      "a misspelt key of a platform",
      "base: ubuntu@24.04\nplatforms:\n  a: {build-on: amd64, build-four: amd64}\n",
      "did you mean build-for?",
    ],
  ];
  for (const [title, yaml, message] of CASES) {
    it(`refuses ${title}`, () => {
      const messages = messagesOf({ charm: `${CHARM}${yaml}` });
      expect(messages.join("\n")).to.include(message);
    });
  }
});

describe("readMetadata() for schemas", () => {
  const schema = (text: string) => messagesOf({ actions: `go:\n  params:\n    far: ${text}\n` }).join("\n");

  it("accepts every keyword of JSON schema draft 4", () => {
    const keywords = `{title: t, description: d, type: object, default: {}, minProperties: 0, maxProperties: 2,
      properties: {a: {type: integer, minimum: 0, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: true, multipleOf: 1}},
      patternProperties: {"^x": {type: string, minLength: 1, maxLength: 2, pattern: "^x", format: uri}},
      additionalProperties: {type: array, items: [{type: string}], additionalItems: false, minItems: 0, maxItems: 3, uniqueItems: true},
      dependencies: {a: [b], c: {required: [d]}}, allOf: [{}], anyOf: [{}], oneOf: [{}], not: {enum: [1]}, definitions: {}}`;
    expect(schema(keywords)).to.equal("");
  });

  for (const [title, text, message] of [
    [
      "a keyword",
      "{type: integer, minimun: 1}",
      "actions.yaml:3: go.params.far.minimun is not known; did you mean minimum?",
    ],
    ["a keyword of a later draft", "{const: 1}", "go.params.far.const is not known; remove it"],
    [
      "a keyword of a member",
      "{type: object, properties: {a: {tpye: string}}}",
      "far.properties.a.tpye is not known",
    ],
    [
      "a keyword of items",
      "{type: array, items: {tpye: string}}",
      "far.items.tpye is not known; did you mean type?",
    ],
    [
      "a keyword of a list of items",
      "{type: array, items: [{tpye: string}]}",
      "far.items.0.tpye is not known",
    ],
    ["a keyword inside anyOf", "{anyOf: [{minimun: 1}]}", "far.anyOf.0.minimun is not known"],
    ["a keyword inside additionalProperties", "{additionalProperties: {minimun: 1}}", "minimun is not known"],
    ["a keyword inside patternProperties", "{patternProperties: {x: {minimun: 1}}}", "minimun is not known"],
    ["a keyword inside a member of not", "{not: {properties: {a: {minimun: 1}}}}", "minimun is not known"],
    ["a reference", '{$ref: "#/x"}', "Juju refuses $ref"],
  ] as const) {
    it(`reports a misspelt or unknown keyword once: ${title}`, () => {
      expect(schema(text)).to.include(message);
      expect(schema(text).split("\n")).to.have.length(1);
    });
  }

  it("reports a misspelt key of an action, and accepts keywords of object schemas", () => {
    expect(messagesOf({ actions: "go:\n  descripton: x\n" })[0]).to.equal(
      "actions.yaml:2: go.descripton is not known; did you mean description?",
    );
    expect(
      messagesOf({ actions: "go:\n  minProperties: 1\n  anyOf: [{required: [a]}]\n  params: {a: {}}\n" }),
    ).to.deep.equal([]);
  });
});

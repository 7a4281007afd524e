import { expect } from "chai";
import { parse } from "yaml";
import { generateTypes, readMetadata } from "../../src/metadata/index.ts";
import { renderJujuActions, renderJujuConfig, renderJujuMetadata } from "../../src/pack/juju-files.ts";

const WORDS = ["n", "y", "no", "yes", "on", "off", "Y", "NO"];

/** A unified file whose options, parameters and texts are words that YAML 1.1 reads as booleans. */
const CHARM = `name: tiny
summary: "no"
description: "on"
type: charm
base: ubuntu@24.04
platforms: {amd64: }
requires: {"off": {interface: "on"}}
extra-bindings: {admin: }
config:
  options:
    "n": {type: string, default: "yes", description: Name}
actions:
  go: {description: Go, params: {${WORDS.map((word) => `"${word}": {type: string, default: "${word}"}`).join(", ")}}}
`;
const metadata = readMetadata({ charm: CHARM, charmFile: "charmcraft.yaml" });
const read = (text: string): unknown => parse(text, { version: "1.1" });

describe("files of an archive, read as YAML 1.1", () => {
  it("config.yaml keeps an option named n", () => {
    expect(read(renderJujuConfig(metadata))).to.deep.equal({
      options: { n: { type: "string", default: "yes", description: "Name" } },
    });
  });

  it("actions.yaml keeps names and defaults that are words for booleans", () => {
    const params = Object.fromEntries(WORDS.map((word) => [word, { type: "string", default: word }]));
    expect(read(renderJujuActions(metadata, undefined))).to.deep.equal({ go: { description: "Go", params } });
  });

  it("metadata.yaml keeps texts and names that are words for booleans", () => {
    expect(read(renderJujuMetadata(metadata))).to.deep.include({
      summary: "no",
      description: "on",
      requires: { off: { interface: "on" } },
    });
  });
});

it("generateTypes() declares the extra bindings, so that a misspelt one does not compile", () => {
  expect(generateTypes({ charm: CHARM, charmFile: "charmcraft.yaml" })).to.match(
    /readonly extraBindings: \{\s*readonly admin: unknown;\s*\}/,
  );
});

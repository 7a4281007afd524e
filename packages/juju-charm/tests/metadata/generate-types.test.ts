import { expect } from "chai";
import ts from "typescript";
import { generateTypes, MetadataError, type MetadataFiles } from "../../src/metadata/index.ts";

const FILES: MetadataFiles = {
  charm: `name: my-probe
summary: A probe.
description: Probes.
provides: {site: http}
peers: {ring: {interface: ring}}
storage:
  data: {type: filesystem, description: Where it is}
  disks: {type: block, multiple: {range: 1+}}
resources:
  tool: {type: file, filename: tool.tar}
`,
  config: `options:
  greeting: {type: string, default: Hello, description: "What it says, ended by */"}
  log-level: {type: string}
  ratio: {type: float, default: 0.5}
`,
  actions: `go:
  description: |
    Goes there.
    And back.
  params:
    how: {type: string, enum: [soft, hard], default: soft}
    to: {type: string}
    times: {type: integer}
    via: {type: array, items: {type: [string, integer]}}
    with: {type: object, properties: {deep: {type: boolean}}, required: [deep]}
    rest: {}
  required: [to]
  results:
    count: {type: integer}
rest: {}
`,
};

/** The generated text with normalized white space. */
function typesOf(files: MetadataFiles): string {
  return generateTypes(files).replaceAll(/\s+/g, " ");
}

describe("generateTypes()", () => {
  it("names the interface after the charm and imports the framework by name", () => {
    expect(typesOf(FILES)).to.include("export interface MyProbeTypes extends CharmTypes {");
    expect(typesOf(FILES)).to.match(/import type \{[^}]*\} from "juju-charm";/);
    expect(generateTypes(FILES, { framework: "../index.ts" })).to.include('from "../index.ts"');
  });

  it("makes options without a default optional", () => {
    expect(typesOf(FILES)).to.include("readonly greeting: string;");
    expect(typesOf(FILES)).to.include('readonly "log-level"?: string;');
    expect(typesOf(FILES)).to.include("readonly ratio: number;");
  });

  it("gives an option of the type secret the type of a URI", () => {
    const config = "options:\n  key: {type: secret}\n";
    expect(typesOf({ ...FILES, config })).to.include("readonly key?: `secret:${string}`;");
  });

  it("makes parameters without a default optional unless required, and turns enums into unions", () => {
    const types = typesOf(FILES);
    expect(types).to.include('readonly how: "soft" | "hard";');
    expect(types).to.include("readonly to: string;");
    expect(types).to.include("readonly times?: number;");
    expect(types).to.include("readonly via?: readonly (string | number)[];");
    expect(types).to.include("readonly with?: { readonly deep: boolean; };");
    expect(types).to.include("readonly rest?: JsonValue;");
  });

  it("has parentheses around the items of a list only where they are a union", () => {
    const actions =
      "list:\n  params:\n    names: {type: array, items: {type: string}}\n    ids: {type: array, items: {enum: [a, b]}}\n";
    const types = typesOf({ ...FILES, actions });
    expect(types).to.include("readonly names?: readonly string[];");
    expect(types).to.include('readonly ids?: readonly ("a" | "b")[];');
  });

  it("types declared results, and accepts any others", () => {
    expect(typesOf(FILES)).to.include("readonly results: { readonly count: number; };");
    expect(typesOf(FILES)).to.include(
      "readonly rest: { readonly params: Readonly<Record<never, never>>; readonly results: ActionResults; };",
    );
  });

  it("includes roles, interfaces, storages and resources", () => {
    const types = typesOf(FILES);
    expect(types).to.include('readonly site: { readonly role: "provides"; readonly interface: "http" };');
    expect(types).to.include('readonly ring: { readonly role: "peer"; readonly interface: "ring" };');
    expect(types).to.include('readonly data: { readonly type: "filesystem"; readonly multiple: false };');
    expect(types).to.include('readonly disks: { readonly type: "block"; readonly multiple: true };');
    expect(types).to.include('readonly tool: { readonly type: "file" };');
  });

  it("is valid TypeScript for any description", () => {
    const { diagnostics = [] } = ts.transpileModule(generateTypes(FILES), { reportDiagnostics: true });
    expect(diagnostics.map(({ messageText }) => messageText)).to.deep.equal([]);
  });

  it("imports only the types that it uses", () => {
    const bare = generateTypes({ charm: "name: bare\nsummary: JsonValue\ndescription: Bare.\n" });
    expect(bare).to.include("import type { CharmTypes } from");
    expect(generateTypes(FILES)).to.include("import type { ActionResults, CharmTypes, JsonValue } from");
  });

  it("refuses invalid metadata", () => {
    expect(() => generateTypes({ charm: "name: X\n" })).to.throw(MetadataError);
  });
});

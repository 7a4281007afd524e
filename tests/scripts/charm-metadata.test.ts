import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { readMetadata } from "../../scripts/metadata/charm-metadata.ts";
import { renderActions, renderConfiguration } from "../../scripts/metadata/render-reference.ts";
import { renderTypes } from "../../scripts/metadata/render-types.ts";

const CHARM = "name: probe\ntitle: Probe\nsummary: A probe.\ndescription: Probes.\nbases: []\n";
const CONFIG = `options:
  path: {type: string, default: "", description: "A path as <slug>|other"}
  vm-cpu: {type: int, default: 2, description: CPUs}
  loud: {type: boolean, default: false, description: Noise}
`;
const ACTIONS = `probe:
  description: Probes.
  params:
    mode: {type: string, enum: [soft, hard], default: soft, description: How}
    times: {type: integer, description: How often}
    where: {type: string, description: Where}
  required: [where]
rest: {description: Rests.}
`;

describe("metadata of the charm", () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "metadata-"))));
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  function read(config = CONFIG, actions = ACTIONS) {
    writeFileSync(join(directory, "charm.yaml"), CHARM);
    writeFileSync(join(directory, "config.yaml"), config);
    writeFileSync(join(directory, "actions.yaml"), actions);
    return readMetadata(directory);
  }

  it("becomes types: options by Juju's types, parameters by their schemas", () => {
    const types = renderTypes(read());
    expect(types).to.include("readonly path: string;");
    expect(types).to.include('readonly "vm-cpu": number;');
    expect(types).to.include("readonly loud: boolean;");
    expect(types).to.include('"vm-cpu": {"type":"int","default":2},');
    expect(types).to.include(
      'readonly probe: { readonly mode: "soft" | "hard"; readonly times?: number; readonly where: string };',
    );
    expect(types).to.include("readonly rest: Readonly<Record<never, never>>;");
  });

  it("becomes reference pages, in which a description cannot break its table", () => {
    expect(renderConfiguration(read())).to.include("| `path` | string |  | A path as &lt;slug>\\|other |");
    expect(renderConfiguration(read())).to.include("| `loud` | boolean | `false` | Noise |");
    expect(renderActions(read())).to.include("| `mode` | `soft`, `hard` | `soft` | How |");
    expect(renderActions(read())).to.include("| `where` | string | required | Where |");
  });

  const FAULTS: readonly (readonly [title: string, config: string, actions: string, message: string])[] = [
    [
      "a default of another type",
      "options: {n: {type: int, default: two, description: N}}",
      ACTIONS,
      "the default of option n is no int",
    ],
    [
      "an option without a default",
      "options: {n: {type: string, description: N}}",
      ACTIONS,
      "the default of option n is no string",
    ],
    [
      "a type that the charm does not use",
      "options: {n: {type: float, default: 1, description: N}}",
      ACTIONS,
      "option n is of type float",
    ],
    [
      "an option without a description",
      "options: {n: {type: int, default: 1}}",
      ACTIONS,
      "option n has no description",
    ],
    ["an action without a description", CONFIG, "rest: {params: {}}", "action rest has no description"],
  ];
  for (const [title, config, actions, message] of FAULTS) {
    it(`is refused for ${title}`, () => {
      expect(() => read(config, actions)).to.throw(message);
    });
  }
});

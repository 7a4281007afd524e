import { expect } from "chai";
import { renderActions, renderConfiguration } from "../../scripts/metadata/render-reference.ts";
import { undescribed } from "../../scripts/metadata/undescribed.ts";
import { readMetadata } from "../../src/framework/metadata/index.ts";

const CHARM = "name: probe\ntitle: Probe\nsummary: A probe.\ndescription: Probes.\n";
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

function read(config = CONFIG, actions = ACTIONS) {
  return readMetadata({ charm: CHARM, config, actions });
}

describe("reference pages of a charm", () => {
  it("list options, in tables that no description can break", () => {
    expect(renderConfiguration(read())).to.include("| `path` | string |  | A path as &lt;slug>\\|other |");
    expect(renderConfiguration(read())).to.include("| `loud` | boolean | `false` | Noise |");
    expect(renderConfiguration(read())).to.include("| `vm-cpu` | int | `2` | CPUs |");
  });

  it("list actions with their parameters, what they take, and which are required", () => {
    expect(renderActions(read())).to.include("| `mode` | `soft`, `hard` | `soft` | How |");
    expect(renderActions(read())).to.include("| `times` | integer |  | How often |");
    expect(renderActions(read())).to.include("| `where` | string | required | Where |");
  });
});

describe("undescribed()", () => {
  it("names all that a reference page could say nothing of", () => {
    expect(undescribed(read())).to.deep.equal([]);
    const bare = read("options: {size: {type: int}}", "rest: {params: {far: {type: string}}}");
    expect(undescribed(bare)).to.deep.equal([
      "option size has no description",
      "action rest has no description",
      "parameter far of action rest has no description",
    ]);
  });
});

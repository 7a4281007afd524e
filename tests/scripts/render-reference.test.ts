import { expect } from "chai";
import { CHANGES } from "../../scripts/metadata/changes.ts";
import { renderActions, renderConfiguration } from "../../scripts/metadata/render-reference.ts";
import { undescribed } from "../../scripts/metadata/undescribed.ts";
import { renderPolicy } from "../../scripts/metadata/render-policy.ts";
import { configurationSchema } from "../../src/charm/configuration-schema.ts";
import { POLICY_RULES } from "../../src/compliance/policy-rules.ts";
import { readMetadata } from "juju-charm/metadata";

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

describe("the page of the policy's rules", () => {
  it("has no tag that a rule's text would make", () => {
    expect(renderPolicy(POLICY_RULES)).to.include("&lt;SHA").and.not.to.match(/<[^!]/);
  });
});

describe("reference pages of a charm", () => {
  it("show each option with its type, its default, its meaning and what is accepted", () => {
    const page = renderConfiguration(read(), {
      path: { accepted: "<owner>/repo", change: "replaces" },
      "vm-cpu": { accepted: "1 or more", change: "scales" },
    });
    expect(page).to.include(
      "## `path`\n\nstring, no default.\n\nA path as &lt;slug>|other\n\nAccepted: &lt;owner>/repo.",
    );
    expect(page).to.include("## `vm-cpu`\n\nint, default `2`.\n\nCPUs\n\nAccepted: 1 or more.");
    expect(page).to.include("## `loud`\n\nboolean, default `false`.\n\nNoise");
  });

  it("show together what a change of options does", () => {
    const change = "replaces";
    const page = renderConfiguration(read(), {
      path: { accepted: "x", change },
      loud: { accepted: "y", change },
    });
    expect(page).to.match(/^\| `path`, `loud` \| replaced at once .* \| finish their jobs.* \|$/m);
    expect(page).not.to.include("firewall");
  });

  it("know every effect that the charm's schema names", () => {
    const changes = Object.values(configurationSchema.properties).map(({ change }) => change);
    expect(Object.keys(CHANGES)).to.include.members(changes);
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

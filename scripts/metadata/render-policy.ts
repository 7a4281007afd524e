import { JOB_EVENTS } from "../../src/compliance/check-request.ts";
import type { PolicyRule } from "../../src/compliance/policy-rules.ts";
import { prose } from "./render-reference.ts";

const START = `# Rules of the built-in policy

With [\`repo-policy=builtin\`](configuration.md#repo-policy), a job runs only where its repository keeps these rules. The log of a
refused job names each rule that the repository breaks, what breaks it, and what a person can do.
[How it is set up](../how-to/check-repositories.md), and [what it protects from](../explanation/repository-checks.md).

Event \`default\` is any event without a name of its own here, such as \`pull_request_target\` or \`merge_group\`.
`;

const END = `
## Compared with repo-policy-compliance

The rules are those of [Canonical's service](https://github.com/canonical/repo-policy-compliance) with its default policy, and so
is the comment that approves a commit. They differ in this:

- Rulesets count beside branch protection.
- A branch whose protection asks for 0 approvals does not require a review.
- An approving review of the commit approves a fork's job, as the comment does; an outside collaborator approves nothing.
- The pull request is found by its repository and both branches, not by the name of its branch alone.
- All pages of GitHub's lists are read, at most 1000 entries of a list, and all broken rules are told, not the first alone.
- Repositories outside of the unit's \`path\` are refused.
`;

/** The reference page of the built-in policy's rules. */
export function renderPolicy(rules: readonly PolicyRule[]): string {
  const sections = rules.map(({ id, events, when, demands, remedy }) => {
    const names =
      events.length === JOB_EVENTS.length ? "all" : events.map((event) => `\`${event}\``).join(", ");
    const rows = [
      `- **Events:** ${names}`,
      ...(when === undefined ? [] : [`- **Applies when** ${prose(when)}.`]),
      `- **Demands:** ${prose(demands)}`,
      `- **What to do:** ${prose(remedy)}`,
    ];
    return `\n## \`${id}\`\n\n${rows.join("\n")}\n`;
  });
  return `${START}${sections.join("")}${END}`;
}

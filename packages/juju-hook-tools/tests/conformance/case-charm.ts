/** The charm of the cases. */
export const CASE_CHARM = {
  "metadata.yaml": `name: tiny
summary: A tiny charm
description: For tests
requires: {db: {interface: db}}
peers: {members: {interface: members}}
storage: {data: {type: filesystem, multiple: {range: 0+}}}
resources: {blob: {type: file, filename: blob}}
`,
  "manifest.yaml": "bases:\n  - {name: ubuntu, channel: '24.04', architectures: [amd64]}\n",
  "config.yaml": `options:
  text: {type: string, default: "hello", description: A text}
  unset: {type: string, description: Nothing}
  number: {type: int, default: 3, description: A number}
  ratio: {type: float, default: 1.5, description: A ratio}
  flag: {type: boolean, default: false, description: A flag}
`,
  "actions.yaml": `greet:
  description: Greets
  params:
    name: {type: string, default: world, description: Who}
    times: {type: integer, minimum: 1, description: How often}
`,
} as const;

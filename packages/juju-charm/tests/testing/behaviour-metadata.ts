import { readMetadata } from "../../src/metadata/read-metadata.ts";

/** The YAML files of the charm in the tests of both backends. */
export const FILES = {
  charm: `name: probe
summary: Does what its options say
description: For tests of the testing kit.
provides:
  web: {interface: http, limit: 2}
requires:
  db: {interface: pgsql}
  host: {interface: juju-info, scope: container}
peers:
  cluster: {interface: probe-cluster}
storage:
  data: {type: filesystem}
  disks: {type: block, multiple: {range: 0-2}}
resources:
  tool: {type: file, filename: tool.tgz, description: A tool}
extra-bindings:
  admin:
`,
  config: `options:
  do: {type: string, default: nothing, description: What to do}
  count: {type: int, default: 3, description: A number}
  ratio: {type: float, description: Another}
  flag: {type: boolean, default: false, description: A flag}
  key: {type: secret, description: A secret}
`,
  actions: `act:
  description: Does what the option says
  params:
    who: {type: string, default: world, description: Who}
    times: {type: integer, description: How often}
    mode: {type: string, enum: [idle, busy], description: How}
    size: {type: integer, minimum: 1, maximum: 9, description: How much}
    tags: {type: array, maxItems: 2, items: {type: string, pattern: "^[a-z]+$"}, description: Which}
  minProperties: 0
strict:
  description: Has a parameter that it needs
  params:
    path: {type: string, description: A path}
  required: [path]
`,
};

export const METADATA = readMetadata(FILES);

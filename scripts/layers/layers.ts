/** What the modules of one folder of `src/` may import beside each other. */
export interface Layer {
  /** Folders of `src/`. */
  readonly layers: readonly string[];
  /** Modules of which types may be imported, though their folder may not; paths below `src/`. */
  readonly typesOf?: readonly string[];
  /** npm packages; `@scope/` stands for all of a scope. */
  readonly packages?: readonly string[];
}

/** An adapter implements ports of the domain and knows nothing else of it. */
const adapter = (...packages: readonly string[]): Layer => ({
  layers: ["support", "network"],
  typesOf: ["runners/ports.ts"],
  packages,
});

/** The import table of the architecture. A folder that is not in it may not exist. */
export const LAYERS: Readonly<Record<string, Layer>> = {
  support: { layers: [] },
  juju: { layers: ["support"], packages: ["yaml", "yauzl"] },
  framework: { layers: ["support", "juju"], packages: ["eventemitter3", "yaml"] },
  network: { layers: ["support"] },
  guest: { layers: ["support", "network"], packages: ["yaml"] },
  runners: { layers: ["support", "network", "guest"] },
  lxd: adapter("undici"),
  github: adapter("undici", "@octokit/"),
  host: adapter("undici", "tar"),
  metrics: adapter(),
  policy: adapter("undici"),
  charm: {
    layers: [
      "support",
      "framework",
      "network",
      "guest",
      "runners",
      "lxd",
      "github",
      "host",
      "metrics",
      "policy",
    ],
    packages: ["ajv"],
  },
  agent: {
    layers: ["support", "juju"],
    typesOf: ["framework/tools/hook-tools.ts"],
    packages: ["ajv", "yaml"],
  },
};

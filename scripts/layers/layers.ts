/** What the modules of one room may import beside each other. */
export interface Layer {
  /** Other rooms; those in `packages/` are imported by the names of their packages. */
  readonly rooms?: readonly string[];
  /** Modules of which types may be imported, though their room may not; paths below the root. */
  readonly typesOf?: readonly string[];
  /** npm packages; `@scope/` stands for all of a scope. */
  readonly packages?: readonly string[];
}

const KIT = "packages/kit";
const HOOK_TOOLS = "packages/juju-hook-tools";
const CHARM = "packages/juju-charm";

/** An adapter implements ports of the domain and of the unit, and knows nothing else of them. */
const adapter = ({ rooms = [], typesOf = [], packages = [] }: Layer = {}): Layer => ({
  rooms: [KIT, "src/network", ...rooms],
  typesOf: ["src/runners/ports.ts", "src/unit/ports.ts", "src/service/ports.ts", ...typesOf],
  packages,
});

const ADAPTERS = ["src/lxd", "src/github", "src/host", "src/metrics", "src/policy"];
const BELOW_UNIT = [KIT, "src/network", "src/guest", "src/compliance", "src/runners", ...ADAPTERS];

/** The import table of the architecture, by room: a folder below `src/` or a package. One that is not in it may not exist. */
export const LAYERS: Readonly<Record<string, Layer>> = {
  [KIT]: {},
  [HOOK_TOOLS]: { rooms: [KIT], packages: ["ajv", "yaml", "yauzl"] },
  [CHARM]: {
    rooms: [KIT],
    typesOf: [`${HOOK_TOOLS}/src/index.ts`],
    packages: ["@standard-schema/", "eventemitter3", "leven", "yaml"],
  },
  [`${CHARM}/src/testing`]: { rooms: [KIT, CHARM, HOOK_TOOLS], packages: ["yaml"] },
  [`${CHARM}/src/pack`]: { rooms: [KIT, CHARM], packages: ["esbuild", "tinyglobby", "yaml", "yazl"] },
  [`${CHARM}/src/cli`]: { rooms: [KIT, CHARM, `${CHARM}/src/pack`], packages: ["commander"] },
  "packages/create-juju-charm": { rooms: [KIT], packages: ["commander"] },
  "packages/juju-agent": { rooms: [KIT, HOOK_TOOLS], packages: ["@commander-js/", "yaml"] },
  "packages/data-interfaces": { rooms: [KIT, CHARM] },
  "packages/cos-agent": { rooms: [KIT, CHARM], packages: ["lzma", "yaml"] },
  "packages/machine": { rooms: [KIT] },
  "packages/lxd-client": { rooms: [KIT], packages: ["undici", "ws"] },
  "packages/scale-set-client": { rooms: [KIT], packages: ["undici"] },
  "packages/tls-certificates": { rooms: [KIT, CHARM], packages: ["@peculiar/"] },
  "src/network": { rooms: [KIT] },
  "src/guest": { rooms: [KIT, "src/network"], packages: ["yaml"] },
  "src/compliance": { rooms: [KIT] },
  "src/runners": { rooms: [KIT, "src/network", "src/guest"] },
  "src/lxd": adapter({ rooms: ["packages/lxd-client"], packages: ["undici"] }),
  "src/github": adapter({
    rooms: ["packages/scale-set-client", "src/compliance"],
    typesOf: ["src/metrics/ports.ts"],
    packages: ["undici", "@octokit/"],
  }),
  "src/host": adapter({ packages: ["undici", "tar"] }),
  "src/metrics": adapter(),
  "src/policy": adapter({ typesOf: ["src/guest/settings.ts"], packages: ["undici"] }),
  "src/unit": { rooms: BELOW_UNIT },
  "src/service": {
    rooms: [KIT, "src/unit", "src/compliance", "src/runners", "src/metrics"],
  },
  "src/charm": {
    rooms: [...BELOW_UNIT, CHARM, "packages/cos-agent", "src/unit"],
    typesOf: ["packages/lxd-client/src/index.ts"], // its error codes, for which a status is decided
    packages: ["ajv"],
  },
};

/** Rooms that are used without Juju too, and so know nothing of it. */
export const WITHOUT_JUJU: readonly string[] = [
  ...BELOW_UNIT,
  "src/unit",
  "src/service",
  "packages/lxd-client",
  "packages/machine",
  "packages/scale-set-client",
];

/** Modules that put a program together: nobody imports them. */
export const ROOTS: Readonly<Record<string, readonly string[]>> = {
  "src/main.ts": ["src/charm", "src/unit", KIT, CHARM],
  "src/service.ts": ["src/service", "src/unit", KIT],
};

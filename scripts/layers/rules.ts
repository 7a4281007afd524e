import type { IFlattenedRuleSet, IForbiddenRuleType } from "dependency-cruiser";
import type { Layer } from "./layers.ts";

/** What is held to an import table. */
export interface LayerTable {
  /** By room. */
  readonly layers: Readonly<Record<string, Layer>>;
  /** Rooms that import nothing of Juju, whatever the table says. */
  readonly withoutJuju: readonly string[];
  /** Rooms that a composition root imports, by its path. */
  readonly roots: Readonly<Record<string, readonly string[]>>;
}

/** Turns an import table into rules of dependency-cruiser. */
export function rulesOf({ layers, withoutJuju, roots }: LayerTable): IFlattenedRuleSet {
  const rooms = Object.keys(layers);
  const forbidden = [
    ...Object.entries(layers).flatMap(([room, layer]) => rulesOfLayer(room, layer, rooms)),
    ...Object.entries(roots).map(([root, imported]) => ruleOfRoot(root, imported)),
    noJuju(withoutJuju),
    ...general(rooms, Object.keys(roots)),
  ];
  return { forbidden };
}

function rulesOfLayer(room: string, layer: Layer, all: readonly string[]): IForbiddenRuleType[] {
  const { rooms = [], typesOf = [], packages = [] } = layer;
  const name = room.replace(/^(?:src|packages)\//, "").replace("/src/", "-");
  const own = [room, ...rooms].map((other) => pathOf(other, all));
  const types = typesOf.map((module) => `^${escape(module)}$`);
  const from = { path: pathOf(room, all) };
  return [
    {
      name: `${name}-imports`,
      comment: `${room} imports ${rooms.length > 0 ? rooms.join(", ") : "nothing of ours"}`,
      severity: "error",
      from,
      to: { path: OURS, pathNot: [...own, ...types] },
    },
    {
      name: `${name}-imports-types`,
      comment: `${room} imports types alone of ${typesOf.join(", ")}`,
      severity: "error",
      from,
      to: { path: types.length > 0 ? types : NOTHING, dependencyTypesNot: ["type-only"] },
    },
    {
      name: `${name}-packages`,
      comment: `${room} imports ${packages.length > 0 ? packages.join(", ") : "no packages"}`,
      severity: "error",
      from,
      to: { path: "node_modules/", pathNot: packages.length > 0 ? packages.map(packagePath) : NOTHING },
    },
  ];
}

/** Modules of a room, without those of the rooms that are inside it. */
function pathOf(room: string, all: readonly string[]): string {
  const inner = all.filter((other) => other.startsWith(`${room}/`)).map((other) => other.slice(room.length));
  const without = inner.length > 0 ? `(?!(${inner.map(escape).join("|")})/)` : "";
  const sources = isPackage(room) ? "/src/" : "/";
  return `^${escape(room)}${without}${sources}`;
}

/** Whether a room is a whole package. */
function isPackage(room: string): boolean {
  return /^packages\/[^/]+$/.test(room);
}

function ruleOfRoot(root: string, imported: readonly string[]): IForbiddenRuleType {
  return {
    name: "main-imports",
    comment: `${root} imports ${imported.join(", ")}`,
    severity: "error",
    from: { path: `^${escape(root)}$` },
    to: { path: `${OURS}|node_modules/`, pathNot: imported.map((room) => `^${escape(room)}/`) },
  };
}

function noJuju(rooms: readonly string[]): IForbiddenRuleType {
  return {
    name: "no-juju",
    comment: "below the charm nothing is of Juju: the runner service works without it",
    severity: "error",
    from: { path: rooms.map((room) => `^${escape(room)}/`) },
    to: { path: "^(?:packages/juju-[^/]+|src/charm)/" },
  };
}

function general(rooms: readonly string[], roots: readonly string[]): IForbiddenRuleType[] {
  const anyone = { path: OF_SOURCES };
  return [
    { name: "no-cycles", severity: "error", from: anyone, to: { circular: true } },
    { name: "resolvable", severity: "error", from: anyone, to: { couldNotResolve: true } },
    {
      ...BY_ENTRY,
      from: { path: "^(packages/[^/]+)/" },
      to: { path: "^packages/", pathNot: ["^$1/", ...ENTRIES] },
    },
    { ...BY_ENTRY, from: { path: "^src/" }, to: { path: "^packages/", pathNot: ENTRIES } },
    {
      name: "main-is-a-root",
      severity: "error",
      from: anyone,
      to: { path: [...roots.map((root) => `^${escape(root)}$`), "^packages/[^/]+/src/(?:cli/)?main\\.ts$"] },
    },
    {
      name: "known-rooms",
      comment: "a folder of src/ and a package have a row in the import table",
      severity: "error",
      from: {
        path: OF_SOURCES,
        pathNot: [...rooms.map((room) => `^${escape(room)}/`), ...roots.map((root) => `^${escape(root)}$`)],
      },
      to: {},
    },
  ];
}

const BY_ENTRY = {
  name: "packages-by-their-entries",
  comment: "another package is imported by its name, never by a path into it",
  severity: "error",
} as const;
const ENTRIES = ["^packages/[^/]+/src/index\\.ts$", "^packages/[^/]+/src/[a-z]+/index\\.ts$"];
const OURS = "^(packages/[^/]+/(?!node_modules/)|src/|tests/|scripts/|examples/)";
const OF_SOURCES = "^(?:src|packages/[^/]+/src)/";
/** Matches no path. */
const NOTHING = "^$";

function packagePath(name: string): string {
  return `node_modules/(@types/)?${escape(name)}${name.endsWith("/") ? "" : "/"}`;
}

function escape(text: string): string {
  return text.replaceAll(".", "\\.");
}

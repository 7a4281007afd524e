/** Tests that run together, and are counted together. */
interface Part {
  readonly name: string;
  readonly folders: readonly string[];
}

/**
 * The folders whose subject is in the archive or the agent, so that it runs on machines for arm64. Pure decisions come
 * first: they show what the compiler of Node.js makes of the code. Those that start programs by the hundred come last.
 */
const PARTS: readonly Part[] = [
  {
    name: "decisions",
    folders: ["tests/runners", "tests/unit", "tests/guest", "tests/network", "tests/charm", "tests/scenario"],
  },
  {
    name: "adapters",
    folders: [
      "tests/github",
      "tests/lxd",
      "tests/metrics",
      "tests/policy",
      "tests/compliance",
      "tests/scale-set",
    ],
  },
  {
    name: "packages",
    folders: [
      "packages/cos-agent",
      "packages/data-interfaces",
      "packages/juju-hook-tools",
      "packages/kit",
      "packages/machine",
      "packages/scale-set-client",
      "packages/tls-certificates",
    ],
  },
  { name: "service", folders: ["tests/service", "tests/host"] },
  { name: "framework", folders: ["packages/juju-charm"] },
  { name: "agent", folders: ["packages/juju-agent"] },
];

/** Folders of tests that cannot fail on arm64 alone, and why. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  "examples/greeter": "an example, which is in no archive of runners",
  "packages/create-juju-charm": "writes a template on the machine of a developer",
  "site/tests": "the site is built on a machine of a developer",
  "tests/bench": "measures on a machine of a developer",
  "tests/demo": "shows the charm on a machine of a developer",
  "tests/docs": "compares pages with the code, whatever runs it",
  "tests/observability": "generated rules and dashboards, which other programs read",
  "tests/pictures": "draws pictures for the documentation",
  "tests/scripts": "the commands of this repository",
  "tests/simulation": "a model in virtual time",
  "tests/support": "the models of GitHub and LXD that other tests use",
};

const isIn = (folder: string, file: string) => file === folder || file.startsWith(`${folder}/`);

/**
 * The files of each part that has some, in the order of {@link PARTS}.
 *
 * @param chosen names of parts, folders and files; all parts when empty.
 * @throws Error for a file that no list has a place for, and for a choice that chooses nothing.
 */
export function divide(
  files: readonly string[],
  chosen: readonly string[],
): readonly (readonly [name: string, files: readonly string[]])[] {
  const lost = files.filter(
    (file) =>
      ![...PARTS.flatMap(({ folders }) => folders), ...Object.keys(ELSEWHERE)].some((folder) =>
        isIn(folder, file),
      ),
  );
  if (lost.length > 0)
    throw new Error(`No folder in tests/arm64/parts.ts has ${lost.join(", ")}: say whether it runs on arm64`);
  const parts = PARTS.map(({ name, folders }) => {
    const all = folders.flatMap((folder) => files.filter((file) => isIn(folder, file)));
    const isChosen = (file: string) =>
      chosen.length === 0 || chosen.some((word) => word === name || isIn(word.replace(/\/$/, ""), file));
    return [name, all.filter(isChosen)] as const;
  }).filter(([, found]) => found.length > 0);
  const others = chosen.filter(
    (word) =>
      !parts.some(
        ([name, found]) => word === name || found.some((file) => isIn(word.replace(/\/$/, ""), file)),
      ),
  );
  if (others.length > 0) throw new Error(`No part has tests in ${others.join(", ")}`);
  return parts;
}

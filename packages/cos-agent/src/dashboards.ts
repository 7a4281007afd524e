import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { isRecord, messageOf } from "charm-kit";
import type { JsonObject } from "juju-charm";
import { createHash } from "./create-hash.ts";

/** A dashboard of Grafana. */
export interface Dashboard {
  /** Identifies it among those of the charm, such as `dashboards/web.json`: its path in the charm, for a file. */
  readonly path: string;
  /** As Grafana exports it. */
  readonly model: JsonObject;
}

/** A dashboard as the relation has it, with a digest of what it was made of. */
export interface PackedDashboard {
  readonly digest: string;
  /** In base64, the LZMA of its JSON. */
  readonly packed: string;
}

/** Bytes of an ID in hexadecimal digits: Grafana allows 40. */
const UID_BYTES = 20;

/**
 * Reads the dashboards of a directory of the charm.
 *
 * @param onProblem called for a file that cannot be read. The others count.
 * @returns none when there is no such directory.
 */
export async function readDashboards(
  directory: string,
  charmDirectory: string,
  onProblem: (problem: string) => void,
): Promise<readonly Dashboard[]> {
  const files = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const paths = files.filter((file) => file.isFile()).map((file) => join(directory, file.name));
  const read = await Promise.all(
    paths.sort().map(async (path): Promise<readonly Dashboard[]> => {
      try {
        const model = JSON.parse(await readFile(path, "utf8")) as unknown;
        if (!isRecord(model)) throw new Error("it is not an object");
        return [{ path: relative(charmDirectory, path), model: model as JsonObject }];
      } catch (thrown) {
        onProblem(`${path}: ${messageOf(thrown)}`);
        return [];
      }
    }),
  );
  return read.flat();
}

/**
 * Packs dashboards for the relation.
 *
 * @param known those of the last time. Packing takes about 0.2 seconds for 100 kB, so that unchanged ones are taken over.
 */
export async function packDashboards(
  dashboards: readonly Dashboard[],
  charmName: string,
  known: readonly PackedDashboard[],
): Promise<readonly PackedDashboard[]> {
  const packed: PackedDashboard[] = [];
  for (const dashboard of dashboards) {
    const text = JSON.stringify(ownModel(dashboard, charmName));
    const digest = createHash("sha256").update(text).digest("base64url");
    packed.push(known.find((old) => old.digest === digest) ?? { digest, packed: await pack(text) });
  }
  return packed;
}

/** The ID is that of the Python library, so that links to the dashboards of a ported charm stay right. */
function ownModel({ path, model }: Dashboard, charmName: string): JsonObject {
  const hash = createHash("shake256", { outputLength: UID_BYTES });
  const tags = Array.isArray(model["tags"]) ? model["tags"].map(String) : [];
  const isTagged = tags.some((tag) => tag.startsWith("charm: "));
  return {
    ...model,
    uid: hash.update(`${charmName}-${path}`).digest("hex"),
    tags: isTagged ? tags : [...tags, `charm: ${charmName}`],
  };
}

async function pack(text: string): Promise<string> {
  // A module of its own, as parse-yaml.ts is.
  const { compress } = await import("./compress.ts");
  return compress(text);
}

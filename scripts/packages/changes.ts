import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { git, gitSucceeds } from "./git.ts";
import type { Workspace } from "./workspaces.ts";

/** Whether the changes of packages since their releases are recorded. */
export type Recorded =
  | { readonly kind: "known"; readonly faults: readonly string[] }
  /** The history is not there. */
  | { readonly kind: "unknown"; readonly reason: string };

/** Files of a package whose change users notice. */
const NOTICED = ["src", "package.json"];

/** Names of the packages that the changesets name: they are to be released. */
export function pendingPackages(root: string): ReadonlySet<string> {
  const files = globSync(".changeset/*.md", { cwd: root }).filter((file) => !file.endsWith("README.md"));
  return new Set(files.flatMap((file) => packagesOf(readFileSync(join(root, file), "utf8"))));
}

/** The tag of a release. */
export function tagOf({ manifest: { name, version } }: Workspace): string {
  return `${name}@${version}`;
}

/**
 * Tells which packages have changed since their release without a changeset. What the release was, its tag says: a
 * package whose version has no tag is not released yet, and its changes are part of its first release.
 */
export async function recordedChanges(root: string, all: readonly Workspace[]): Promise<Recorded> {
  if (!(await gitSucceeds(root, "rev-parse", "--git-dir"))) return unknown("this is no git repository");
  if ((await git(root, "rev-parse", "--is-shallow-repository")) === "true") {
    return unknown(
      "this is a shallow clone, which has no tags; fetch them with git fetch --unshallow --tags",
    );
  }
  const pending = pendingPackages(root);
  const faults: string[] = [];
  for (const workspace of all) {
    const { name } = workspace.manifest;
    if (pending.has(name) || !(await hasChanged(root, workspace))) continue;
    faults.push(
      `${name} has changed since ${tagOf(workspace)}, and no changeset says how: run npx changeset`,
    );
  }
  return { kind: "known", faults };
}

async function hasChanged(root: string, workspace: Workspace): Promise<boolean> {
  const tag = `refs/tags/${tagOf(workspace)}`;
  if (!(await gitSucceeds(root, "rev-parse", "--verify", "--quiet", tag))) return false;
  const paths = NOTICED.map((path) => `packages/${workspace.folder}/${path}`);
  return !(await gitSucceeds(root, "diff", "--quiet", tag, "--", ...paths));
}

/** Names of the packages that a changeset names. */
export function packagesOf(changeset: string): readonly string[] {
  const [, front = ""] = /^---\n(.*?)^---$/ms.exec(changeset) ?? [];
  return Object.keys((parse(front) ?? {}) as Readonly<Record<string, string>>);
}

function unknown(reason: string): Recorded {
  return { kind: "unknown", reason };
}

import { isRecord } from "charm-kit";
import type { GroupRules, QueuedJob } from "../unit/ports.ts";

/*
 * Guards by hand, as those of the other answers. Each returns undefined for an unexpected body, and leaves out entries
 * that cannot be read.
 */

/** Reads the numbers of `{ workflow_runs: [...] }`. */
export function readRunIds(body: unknown): readonly number[] | undefined {
  return each(body, "workflow_runs", ({ id }) => (Number.isSafeInteger(id) ? Number(id) : undefined));
}

/** Reads the waiting jobs of `{ jobs: [...] }`. */
export function readQueuedJobs(body: unknown): readonly Omit<QueuedJob, "repository">[] | undefined {
  return each(body, "jobs", ({ id, name, status, labels, created_at: createdAt }) => {
    const queuedAt = typeof createdAt === "string" ? Date.parse(createdAt) : Number.NaN;
    if (status !== "queued" || !Number.isSafeInteger(id) || Number.isNaN(queuedAt)) return undefined;
    const all: readonly unknown[] = Array.isArray(labels) ? labels : [];
    return {
      id: Number(id),
      name: typeof name === "string" ? name : "",
      labels: all.filter((label) => typeof label === "string"),
      queuedAt,
    };
  });
}

/** Reads a list of repositories; archived ones have no new jobs. */
export function readRepositoryNames(body: unknown): readonly string[] | undefined {
  return each({ body }, "body", (item) =>
    item["archived"] === true ? undefined : readFullName(item)?.fullName,
  );
}

/** Reads a repository. */
export function readFullName(
  body: unknown,
): { readonly fullName: string; readonly isPublic: boolean } | undefined {
  const { full_name: fullName, private: isPrivate } = Object(body) as Readonly<Record<string, unknown>>;
  if (typeof fullName !== "string" || !/^[\w.-]+\/[\w.-]+$/.test(fullName)) return undefined;
  return { fullName, isPublic: isPrivate === false };
}

/** A runner group, and whether a list names what it serves. */
export interface GroupReading {
  readonly rules: GroupRules;
  readonly isSelected: boolean;
}

/** Reads a runner group. */
export function readGroupRules(body: unknown): GroupReading | undefined {
  if (!isRecord(body)) return undefined;
  const { name, visibility, allows_public_repositories: allowsPublic } = body;
  if (typeof name !== "string" || typeof visibility !== "string") return undefined;
  const { restricted_to_workflows: isRestricted, selected_workflows: workflows } = body;
  const selected = isRestricted === true && Array.isArray(workflows) ? (workflows as readonly unknown[]) : [];
  const rules = {
    name,
    // A group for private repositories serves no public one, whatever else it says.
    allowsPublic: allowsPublic === true && visibility !== "private",
    ...(isRestricted === true && { workflows: selected.filter((each) => typeof each === "string") }),
  };
  return { rules, isSelected: visibility === "selected" };
}

/** Reads the repositories or the organisations that a runner group serves, in lower case. */
export function readGroupMembers(body: unknown): readonly string[] | undefined {
  const organisations = each(body, "organizations", ({ login }) =>
    typeof login === "string" ? login.toLowerCase() : undefined,
  );
  return organisations ?? each(body, "repositories", (item) => readFullName(item)?.fullName.toLowerCase());
}

function each<T>(
  body: unknown,
  key: string,
  read: (item: Readonly<Record<string, unknown>>) => T | undefined,
): readonly T[] | undefined {
  const items: unknown = isRecord(body) ? body[key] : undefined;
  if (!Array.isArray(items)) return undefined;
  return (items as readonly unknown[]).flatMap((item) => (isRecord(item) ? (read(item) ?? []) : []));
}

/** Who calls; GitHub finds it in its logs when something is wrong with a scale set. */
export interface SystemInfo {
  /** Such as `my-autoscaler`. */
  readonly system: string;
  readonly version: string;
  readonly commitSha: string;
  /** Such as `listener`. */
  readonly subsystem: string;
}

/** Version of this package, as GitHub is told. */
const BUILD_VERSION = "0.1.0";

/** The header in the form of GitHub's own client. @param scaleSetId 0 before there is one. */
export function userAgent({ system, version, commitSha, subsystem }: SystemInfo, scaleSetId: number): string {
  return JSON.stringify({
    system,
    version,
    commit_sha: commitSha,
    scale_set_id: scaleSetId,
    subsystem,
    build_version: BUILD_VERSION,
    build_commit_sha: "unknown",
    kind: "scaleset",
  });
}

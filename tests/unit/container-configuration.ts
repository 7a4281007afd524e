import { BASE_IMAGE_ALIAS } from "../support/base-image/ensure-base-image.ts";
import type { WorkloadInput } from "./workload-program.ts";

export interface ContainerConfigurationOptions {
  /** Such as `acme/widgets`. */
  readonly repository: string;
  /** Address of GitHub's stand-in. */
  readonly githubUrl: string;
  /** Number of runners. */
  readonly count: number;
}

/** A unit of small containers in memory, as a test that starts a unit without a charm tells it. */
export function containerConfiguration({
  repository: path,
  githubUrl,
  count,
}: ContainerConfigurationOptions): WorkloadInput["configuration"] {
  const [owner = "", repository = ""] = path.split("/");
  return {
    path: { kind: "repository", owner, repository },
    githubUrl,
    group: "default",
    labels: [],
    count,
    standby: 0,
    scaling: undefined,
    instanceType: "container",
    resources: { cpu: 1, memory: "512MiB", disk: "1GiB" },
    processes: 8192,
    subnet: undefined,
    baseImage: BASE_IMAGE_ALIAS,
    imageServer: "local",
    packages: [],
    caCertificate: undefined,
    reconcileMinutes: 10,
    metricsPort: undefined,
    proxy: undefined,
    aproxy: undefined,
    dockerMirror: undefined,
    preJobScript: "",
    storage: "memory",
    policy: { by: "nobody" },
    insecure: true,
  };
}

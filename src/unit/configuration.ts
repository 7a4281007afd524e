import type { Secret } from "charm-kit";
import type { GithubPath } from "../github/path.ts";
import type { AproxySettings } from "../guest/settings.ts";
import type { ProxySettings } from "../network/proxy-settings.ts";
import type { Network } from "../network/network.ts";
import type { CapsuleLimits } from "../runners/log-keeper.ts";
import type { InstanceType } from "../runners/ports.ts";
import type { VirtualMachineResources } from "../runners/runner.ts";
import type { RunnerStorage } from "./ports.ts";

/** Who checks a repository's settings before each job. */
export type RepositoryPolicy =
  | { readonly by: "nobody" }
  | { readonly by: "charm" }
  /** A service, which the charm asks for one-time tokens with its own token. */
  | { readonly by: "service"; readonly url: string; readonly token: Secret };

/** The number of runners follows the jobs that wait: the option `scaling=demand`. */
export interface DemandScaling {
  /** Number of idle runners beside the demand. */
  readonly idle: number;
  /** Name of the unit's scale set; "" for the unit's own name. */
  readonly scaleSetName: string;
}

/** The unit's validated configuration. Plain data, independent of its source. */
export interface Configuration {
  readonly path: GithubPath;
  /** Without a trailing slash. */
  readonly githubUrl: string;
  readonly group: string;
  /** The configured labels, trimmed, in their order. */
  readonly labels: readonly string[];
  readonly count: number;
  /** undefined: as many runners as `count` at any time. Otherwise `count` is the most of them. */
  readonly scaling: DemandScaling | undefined;
  /** Number of standby instances beside the runners. */
  readonly standby: number;
  /**
   * Most runners beyond `count`, in place of those that were lost with members of the LXD cluster; undefined in settings of
   * earlier versions. @default none
   */
  readonly replacements?: number | undefined;
  readonly instanceType: InstanceType;
  readonly resources: VirtualMachineResources;
  /** Most processes and threads of a container. */
  readonly processes: number;
  /**
   * Codename of an Ubuntu release, such as `jammy`, or its version where the codename is unknown. With the image
   * server `local`, the alias of an image in the local LXD store.
   */
  readonly baseImage: string;
  /** `local`, or the URL of a simplestreams server without a trailing slash. */
  readonly imageServer: string;
  /** Debian packages, in the configured order. */
  readonly packages: readonly string[];
  /** Certificates of further authorities in PEM format; undefined for none. */
  readonly caCertificate: string | undefined;
  /** From the end of one reconcile to the start of the next. */
  readonly reconcileMinutes: number;
  /** Port on loopback for metrics; undefined when the unit chooses one, if one is needed. */
  readonly metricsPort: number | undefined;
  /** How much is kept of runners that did not end as they should; undefined in settings of earlier versions. */
  readonly capsules?: CapsuleLimits | undefined;
  /** Networks that runners must not reach. */
  readonly denylist: readonly Network[];
  /** Subnet of the runners' bridge, for a new bridge; undefined when the unit chooses one. */
  readonly subnet: Network | undefined;
  /** The model's proxy; undefined when it has none. */
  readonly proxy: ProxySettings | undefined;
  readonly aproxy: AproxySettings | undefined;
  /** URL without a trailing slash. */
  readonly dockerMirror: string | undefined;
  /** A script with a shebang; "" for none. */
  readonly preJobScript: string;
  readonly storage: RunnerStorage;
  readonly policy: RepositoryPolicy;
  /** Whether rules are relaxed for tests. */
  readonly insecure: boolean;
}

/** The part of a configuration that identifies the registration scope. */
export type ForgeConfiguration = Pick<
  Configuration,
  "path" | "githubUrl" | "group" | "proxy" | "caCertificate" | "scaling"
>;

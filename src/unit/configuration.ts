import type { Secret } from "charm-kit";
import type { GithubPath } from "../github/path.ts";
import type { AproxySettings, ProxySettings } from "../guest/settings.ts";
import type { Network } from "../network/network.ts";
import type { VirtualMachineResources } from "../runners/runner.ts";

/** Who checks a repository's settings before each job. */
export type RepositoryPolicy =
  | { readonly by: "nobody" }
  | { readonly by: "charm" }
  /** A service, which the charm asks for one-time tokens with its own token. */
  | { readonly by: "service"; readonly url: string; readonly token: Secret };

export type InstanceType = "virtual-machine" | "container";

/** Where the runners' disks are. */
export type RunnerStorage = "juju-storage" | "memory";

/** What a person has decided about the unit, checked. Plain data: whoever runs the unit may have it from anywhere. */
export interface Configuration {
  readonly path: GithubPath;
  /** Without a slash at the end. */
  readonly githubUrl: string;
  readonly group: string;
  /** Labels of the operator, trimmed, in their order. */
  readonly labels: readonly string[];
  readonly count: number;
  readonly instanceType: InstanceType;
  readonly resources: VirtualMachineResources;
  /**
   * Codename of an Ubuntu release, such as `jammy`, or its version where the codename is not known; with the image
   * server `local`, the alias of an image in the local LXD store.
   */
  readonly baseImage: string;
  /** `local`, or the URL of a simplestreams server without a slash at the end. */
  readonly imageServer: string;
  /** Debian packages, in the operator's order. */
  readonly packages: readonly string[];
  /** From the end of one reconcile to the start of the next. */
  readonly reconcileMinutes: number;
  /** Networks that runners must not reach. */
  readonly denylist: readonly Network[];
  /** The model's; undefined when it has none. */
  readonly proxy: ProxySettings | undefined;
  readonly aproxy: AproxySettings | undefined;
  /** URL without a slash at the end. */
  readonly dockerMirror: string | undefined;
  /** A script with a shebang; "" for none. */
  readonly preJobScript: string;
  readonly storage: RunnerStorage;
  readonly policy: RepositoryPolicy;
  /** Whether rules are relaxed for tests. */
  readonly insecure: boolean;
}

/** The part of a configuration that tells where runners are registered. */
export type ForgeConfiguration = Pick<Configuration, "path" | "githubUrl" | "group" | "proxy">;

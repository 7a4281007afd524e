// Made from the charm's YAML files by `juju-charm generate`; changes here are lost.
import type { ActionResults, CharmTypes } from "juju-charm";

/** What the yaml files of the charm github-runner declare. */
export interface GithubRunnerTypes extends CharmTypes {
  readonly options: {
    /**
     * Where the runners register: a repository as "owner/repo", an organisation as "org", or an enterprise as
     * "enterprises/<slug>". Required.
     */
    readonly path: string;
    /**
     * Personal access token of GitHub. One of token, token-secret-id or the three github-app options is required.
     * Prefer token-secret-id: an option's value can be read by everyone who may read the model.
     */
    readonly token: string;
    /**
     * ID of a Juju secret, as "secret:<id>", that is granted to the application and has the personal access token in
     * its field github-token. Wins over token. A new revision of the secret is taken up at once.
     */
    readonly "token-secret-id": string;
    /**
     * Client ID of the GitHub App to authenticate as. All three github-app options are set, or none; they win over
     * tokens. Not for enterprises, whose runners GitHub lets no App manage.
     */
    readonly "github-app-client-id": string;
    /** ID of the GitHub App's installation in the organisation or repository; 0 stands for none. */
    readonly "github-app-installation-id": number;
    /**
     * ID of a Juju secret, as "secret:<id>", that is granted to the application and has the GitHub App's private key in
     * PEM format in its field private-key.
     */
    readonly "github-app-private-key-secret-id": string;
    /**
     * Address of GitHub, or of a GitHub Enterprise Server or a data-residency host. Must be https; http is accepted
     * only with test-mode=insecure.
     */
    readonly "github-url": string;
    /** Name of the runner group that the runners join. For organisations and enterprises; the group must exist. */
    readonly group: string;
    /**
     * Further labels of the runners, separated by commas; each of letters, digits, hyphens and underscores. The charm
     * always adds the application's name, the image's name, self-hosted, linux, and x64 or arm64.
     */
    readonly labels: string;
    /** Number of runners that each unit keeps alive, whatever their instance-type. 0 is valid: the unit then keeps none. */
    readonly "virtual-machines": number;
    /**
     * What a runner is: "virtual-machine" or "container". Virtual machines need KVM and vsock on the unit's machine.
     * Containers start faster and need neither, but share the kernel of the machine with the jobs that they run: use
     * them for code that you trust.
     */
    readonly "instance-type": string;
    /** Number of CPUs of each runner; 1 or more. */
    readonly "vm-cpu": number;
    /** Memory of each runner: a positive whole number and one of KiB, MiB, GiB, TiB, PiB, EiB. */
    readonly "vm-memory": string;
    /** Size of each runner's root disk: a positive whole number and one of KiB, MiB, GiB, TiB, PiB, EiB. */
    readonly "vm-disk": string;
    /**
     * Ubuntu release that the runners run: "jammy" or "22.04", "noble" or "24.04", or a later LTS release. With
     * image-server=local, the alias of an image in the local LXD store. Cannot be changed after deployment.
     */
    readonly "base-image": string;
    /**
     * https address of the simplestreams server that the base image comes from, such as a mirror, or "local" for an
     * image that is in the local LXD store already.
     */
    readonly "image-server": string;
    /**
     * Debian packages that the runner image holds beside those of the base image, separated by spaces. A change builds
     * a new image.
     */
    readonly "image-packages": string;
    /**
     * Minutes from the end of one reconcile to the start of the next; 2 or more. A random delay of up to a quarter of it
     * is added, so that units do not ask GitHub at the same time.
     */
    readonly "reconcile-interval": number;
    /**
     * IPv4 and IPv6 networks in CIDR notation, separated by commas, that the runners must not reach beside the machine
     * itself, other runners and link-local addresses. A change takes effect at once, and replaces no runner.
     */
    readonly denylist: string;
    /**
     * https address of a registry that mirrors Docker Hub. The runners' Docker daemons pull through it, and jobs find it
     * in DOCKERHUB_MIRROR and CONTAINER_REGISTRY_URL.
     */
    readonly "dockerhub-mirror": string;
    /**
     * Whether aproxy in each runner sends traffic to the model's proxy transparently. Needs a proxy in the model's
     * configuration.
     */
    readonly "experimental-use-aproxy": boolean;
    /** IPv4 addresses, ranges and networks, separated by commas, that aproxy leaves alone. Loopback addresses always are. */
    readonly "aproxy-exclude-addresses": string;
    /** TCP ports and ranges of ports, such as "8080-8090", separated by commas, that aproxy sends to the proxy. */
    readonly "aproxy-redirect-ports": string;
    /**
     * A script with a shebang in its first line. It runs in the runner at the start of every job, as the runner's user
     * and before the charm's own checks. The job fails when it does.
     */
    readonly "pre-job-script": string;
    /**
     * Where the runners' disks are: "juju-storage" for the storage runner, or "memory" for a tmpfs, which is
     * faster and takes as much memory as the disks fill. Cannot be changed after deployment.
     */
    readonly "runner-storage": string;
    /**
     * Who checks a repository's settings before each job: "off" for nobody, "external" for the service at
     * repo-policy-compliance-url, "builtin" for the charm itself.
     */
    readonly "repo-policy": string;
    /**
     * Address of an external policy service. Set together with repo-policy-compliance-token, or not at all; it is asked
     * only with repo-policy=external.
     */
    readonly "repo-policy-compliance-url": string;
    /** Token by which the charm asks the policy service for the one-time tokens of the runners. */
    readonly "repo-policy-compliance-token": string;
    /**
     * "insecure" relaxes rules for tests: github-url, image-server and dockerhub-mirror may be http. Leave it empty in
     * production.
     */
    readonly "test-mode": string;
  };
  readonly actions: {
    /**
     * Counts the unit's runners as GitHub reports them. Results: online, busy, offline and unknown are counts; runners and
     * busy-runners are names, separated by commas.
     */
    readonly "check-runners": {
      readonly params: Readonly<Record<never, never>>;
      readonly results: ActionResults;
    };
    /**
     * Makes the number and kind of the runners what the configuration wants, now. Results: those of check-runners, and
     * delta, the change in the number of runners as {"virtual-machines": n}.
     */
    readonly "reconcile-runners": {
      readonly params: Readonly<Record<never, never>>;
      readonly results: ActionResults;
    };
    /**
     * Removes runners and starts fresh ones in their place. Results: flushed, the number of runners removed, and delta, the
     * change in the number of runners once the fresh ones are there, as {"virtual-machines": n}. That no fresh ones can be
     * made yet does not fail the action: the status tells why, and the next reconcile tries again.
     */
    readonly "flush-runners": {
      readonly params: {
        /**
         * "idle" removes idle runners; "busy" removes all, which ends their jobs; "force" does so even when GitHub cannot
         * be reached.
         */
        readonly mode: "idle" | "busy" | "force";
      };
      readonly results: ActionResults;
    };
    /**
     * Looks for a new runner application and replaces the idle runners when there is one. Results: flush, whether runners
     * were flushed, and runner-version.
     */
    readonly "update-dependencies": {
      readonly params: Readonly<Record<never, never>>;
      readonly results: ActionResults;
    };
    /**
     * Builds the runner image afresh, however new it is. The next reconcile replaces idle runners by runners of it; busy
     * ones finish their jobs first. Results: image, the image's fingerprint, and seconds, how long the build took.
     */
    readonly "build-image": {
      readonly params: Readonly<Record<never, never>>;
      readonly results: ActionResults;
    };
    /**
     * Copies the journal and the diagnostics of runners to the unit's machine. Results: path, the directory that holds
     * them, with a directory for each runner unless one is named.
     */
    readonly "collect-logs": {
      readonly params: {
        /** Name of the runner to copy the logs of; without it, of all runners of the unit that run. */
        readonly runner?: string;
      };
      readonly results: ActionResults;
    };
  };
  readonly relations: {
    readonly "cos-agent": { readonly role: "provides"; readonly interface: "cos_agent" };
    readonly "debug-ssh": { readonly role: "requires"; readonly interface: "debug-ssh" };
  };
  readonly storages: {
    /** Holds the storage pool of the runners. */
    readonly runner: { readonly type: "filesystem"; readonly multiple: false };
  };
  readonly resources: Readonly<Record<never, never>>;
}

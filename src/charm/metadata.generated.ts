// Generated from the charm's YAML files by `juju-charm generate`: do not edit.
import type { ActionResults, CharmTypes } from "juju-charm";

/** Types for the YAML files of the charm github-runner. */
export interface GithubRunnerTypes extends CharmTypes {
  readonly options: {
    /**
     * Where the runners register: a repository as "owner/repo", an organisation as "org", or an enterprise as
     * "enterprises/<slug>". Required.
     */
    readonly path: string;
    /**
     * GitHub personal access token. One of token, token-secret-id or the three github-app options is required.
     * Prefer token-secret-id: everyone who may read the model can read the value of an option.
     */
    readonly token: string;
    /**
     * ID of a Juju secret, as "secret:<id>", that is granted to the application and contains the personal access token
     * in its field github-token. Takes precedence over token. A new revision of the secret takes effect at once.
     */
    readonly "token-secret-id": string;
    /**
     * Client ID of the GitHub App for authentication. Set all three github-app options, or none; they take precedence
     * over tokens. Not for enterprises: GitHub does not allow Apps to manage their runners.
     */
    readonly "github-app-client-id": string;
    /** ID of the GitHub App's installation in the organisation or repository; 0 means none. */
    readonly "github-app-installation-id": number;
    /**
     * ID of a Juju secret, as "secret:<id>", that is granted to the application and contains the GitHub App's private
     * key, in PEM format, in its field private-key.
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
     * Additional labels of the runners, separated by commas; each of letters, digits, hyphens and underscores. The charm
     * always adds the application's name, the image's name, self-hosted, linux, and x64 or arm64.
     */
    readonly labels: string;
    /** Number of runners of each unit, at most 500, for both instance types. 0 is valid: the unit then has no runners. */
    readonly "virtual-machines": number;
    /**
     * "fixed": each unit keeps virtual-machines runners at any time. "demand": each unit has a runner scale set at GitHub,
     * and as many runners as jobs are assigned to it, at most virtual-machines.
     */
    readonly scaling: string;
    /**
     * With scaling=demand: number of idle runners that each unit keeps beside those that jobs ask for. With 0, a unit
     * without jobs has no runners.
     */
    readonly "idle-runners": number;
    /**
     * With scaling=demand: name of the unit's scale set, unique in its runner group. By default the unit's name, such as
     * runners-0; set it only for an application of one unit.
     */
    readonly "scale-set-name": string;
    /**
     * Number of standby instances of each unit: instances that are started and wait, without a registration at GitHub,
     * until a runner is needed, which is then online much sooner. They come on top of virtual-machines, 0 to 50, and only
     * as far as the machine has room; 0 turns them off. A unit with virtual-machines=0 has none.
     */
    readonly "standby-runners": number;
    /**
     * On an LXD cluster: most runners that each unit keeps beyond virtual-machines, in place of runners that were lost with
     * members of the cluster, 0 to 500. The unit's storage is made for these, too. 0 replaces none. Without a cluster, the
     * option has no effect.
     */
    readonly "lost-member-runners": number;
    /**
     * Type of the runners: "virtual-machine" or "container". Virtual machines need KVM and vsock on the unit's machine.
     * Containers start faster and need neither, but their jobs share the kernel of the machine: use them only for code
     * that you trust.
     */
    readonly "instance-type": string;
    /** Number of CPUs of each runner, 1 to 512. */
    readonly "vm-cpu": number;
    /** Memory of each runner: a positive integer and one of KiB, MiB, GiB, TiB, PiB, EiB. At least 256MiB. */
    readonly "vm-memory": string;
    /**
     * Size of each runner's root disk: a positive integer and one of KiB, MiB, GiB, TiB, PiB, EiB.
     * At least 10GiB for virtual machines, and 1GiB for containers.
     */
    readonly "vm-disk": string;
    /**
     * Most processes and threads of each runner with instance-type=container, 512 to 100000. The unit raises the
     * machine's limits so that all its runners fit. Virtual machines have a kernel of their own, and no such limit.
     */
    readonly "vm-processes": number;
    /**
     * Ubuntu release of the runners: "jammy" or "22.04", "noble" or "24.04", or a later LTS release. With
     * image-server=local, the alias of an image in the local LXD store. Cannot be changed after deployment.
     */
    readonly "base-image": string;
    /**
     * https address of the simplestreams server for the base image, such as a mirror, or "local" for an image that is
     * already in the local LXD store.
     */
    readonly "image-server": string;
    /**
     * Debian packages that the runner image contains in addition to those of the base image, separated by spaces. A
     * change builds a new image.
     */
    readonly "image-packages": string;
    /**
     * Certificates in PEM format of authorities that the unit and its runners trust in addition to those of their
     * systems, such as the one of a proxy that inspects TLS. A change builds a new image.
     */
    readonly "ca-certificate": string;
    /**
     * Minutes from the end of one reconcile to the start of the next, 2 to 10080 (a week). A random delay of up to a quarter of
     * this time is added, so that units do not call GitHub at the same time.
     */
    readonly "reconcile-interval": number;
    /**
     * TCP port on the unit's loopback address where it serves metrics for Prometheus at /metrics, and a page that shows the
     * unit live at /. 0 for a port that the unit chooses while cos-agent is related, and for none otherwise. Units on one machine
     * need different ports: leave it at 0 then. All users of the machine can read both.
     */
    readonly "metrics-port": number;
    /**
     * Most capsules that a unit keeps. A capsule has the console, the journal, the diagnostics and a report of a runner that
     * did not end as it should. Beyond this number, the oldest one is deleted. Logs of collect-logs count too.
     */
    readonly "capsule-count": number;
    /**
     * Most space of all capsules of a unit: a positive integer and one of MiB, GiB, TiB; at least 8MiB, which is the largest
     * size of one capsule. Beyond it, the oldest ones are deleted. With less than 520 MiB left on the disk, a capsule has only
     * its report.
     */
    readonly "capsule-size": string;
    /** Days after which a capsule is deleted. */
    readonly "capsule-days": number;
    /**
     * IPv4 and IPv6 networks in CIDR notation, separated by commas, that the runners must not reach, in addition to the
     * machine itself, other runners and link-local addresses. A change takes effect at once, and replaces no runner.
     */
    readonly denylist: string;
    /**
     * Private IPv4 network of the runners' bridge, with a prefix of 16 to 28, such as "192.168.99.0/24". Empty for one that
     * is free on the machine. Applies to new units: the bridge of an existing unit keeps its network.
     */
    readonly "runner-subnet": string;
    /**
     * https address of a registry that mirrors Docker Hub. The runners' Docker daemons pull through it, and jobs find it
     * in DOCKERHUB_MIRROR and CONTAINER_REGISTRY_URL.
     */
    readonly "dockerhub-mirror": string;
    /**
     * Whether aproxy in each runner transparently redirects traffic to the model's proxy. Needs a proxy in the model's
     * configuration.
     */
    readonly "experimental-use-aproxy": boolean;
    /**
     * IPv4 addresses, ranges and networks, separated by commas, that aproxy does not redirect. It never redirects
     * loopback addresses.
     */
    readonly "aproxy-exclude-addresses": string;
    /** TCP ports and port ranges, such as "8080-8090", separated by commas, that aproxy redirects to the proxy. */
    readonly "aproxy-redirect-ports": string;
    /**
     * A script with a shebang in its first line. It runs in the runner at the start of every job, as the runner's user
     * and before the charm's own checks. If it fails, the job fails.
     */
    readonly "pre-job-script": string;
    /**
     * Location of the runners' disks: "juju-storage" for the storage runner, or "memory" for a tmpfs, which is faster
     * and uses as much memory as the disks contain. Cannot be changed after deployment.
     */
    readonly "runner-storage": string;
    /**
     * Check of a repository's settings before each job: "off" for no check, "external" for the service at
     * repo-policy-compliance-url, "builtin" for the unit itself, which needs read access to the settings.
     */
    readonly "repo-policy": string;
    /**
     * Address of an external policy service. Set it together with repo-policy-compliance-token; it is used only with
     * repo-policy=external.
     */
    readonly "repo-policy-compliance-url": string;
    /** Token with which the charm requests the runners' one-time tokens from the policy service. */
    readonly "repo-policy-compliance-token": string;
    /**
     * "insecure" relaxes rules for tests: github-url, image-server and dockerhub-mirror may be http. Leave it empty in
     * production.
     */
    readonly "test-mode": string;
  };
  readonly actions: {
    /**
     * Counts the unit's runners, as GitHub reports them. Results: online, busy, offline and unknown are counts; runners and
     * busy-runners are names, separated by commas; standby counts the instances that wait to become runners, which no other
     * result contains. The log has what the runner service is making, what has failed, and when it is tried again.
     */
    readonly "check-runners": {
      readonly params: Readonly<Record<never, never>>;
      readonly results: ActionResults;
    };
    /**
     * Reconciles now: brings the number and configuration of the runners to the configured state. Results: those of
     * check-runners, and delta, the change in the number of runners as {"virtual-machines": n}.
     */
    readonly "reconcile-runners": {
      readonly params: Readonly<Record<never, never>>;
      readonly results: ActionResults;
    };
    /**
     * Removes runners and replaces them with fresh ones. Results: flushed, the number of removed runners, and delta, the
     * change in the number of runners after the replacement, as {"virtual-machines": n}. If fresh runners cannot be created
     * yet, the action still succeeds: the status shows the reason, and the next reconcile retries.
     */
    readonly "flush-runners": {
      readonly params: {
        /**
         * "idle" replaces idle runners, all but the first only once a fresh one is online; "busy" removes all runners and ends
         * their jobs; "force" does the same even when GitHub cannot be reached.
         */
        readonly mode: "idle" | "busy" | "force";
      };
      readonly results: ActionResults;
    };
    /**
     * Checks for a new runner application and, if there is one, replaces the idle runners. Results: flush, whether runners
     * were flushed, and runner-version.
     */
    readonly "update-dependencies": {
      readonly params: Readonly<Record<never, never>>;
      readonly results: ActionResults;
    };
    /**
     * Rebuilds the runner image, even if it is new. The next reconcile replaces idle runners with runners from the new
     * image; busy ones finish their jobs first. Results: image, the image's fingerprint, and seconds, the duration of the
     * build.
     */
    readonly "build-image": {
      readonly params: Readonly<Record<never, never>>;
      readonly results: ActionResults;
    };
    /**
     * Copies the journal and the diagnostics of runners to the unit's machine. Results: path, the directory that contains
     * them. Without the parameter runner, it has a directory for each runner.
     */
    readonly "collect-logs": {
      readonly params: {
        /** Name of the runner. Without it, the action copies the logs of all running runners of the unit. */
        readonly runner?: string;
      };
      readonly results: ActionResults;
    };
    /**
     * Tells the life of a runner, also of one that is gone: when it was made, registered and online, its job, its end and what
     * ended it. Results: summary, timeline (a line for each moment) and moments (the same as JSON). What the guest said is
     * marked, since it need not be true.
     */
    readonly "explain-runner": {
      readonly params: {
        /** Name of the runner, as in check-runners, on GitHub or in a capsule. */
        readonly name: string;
      };
      readonly results: ActionResults;
    };
    /**
     * Tells why jobs wait now, with scaling=fixed as well. Results: queued, the number of jobs that the unit could have or that
     * nearly fit it ("unknown" if nothing of the queue can be read); oldest-seconds, how long the first of them has waited;
     * reason, one word such as at-maximum or labels; details, lines with the reason in full, what to do, what is known, and up
     * to 20 of the jobs. It reads GitHub and LXD, and changes nothing. GitHub has no list of all queued jobs: the repositories
     * that were active last are read, at most 15.
     */
    readonly "explain-queue": {
      readonly params: Readonly<Record<never, never>>;
      readonly results: ActionResults;
    };
    /**
     * Lists the capsules of runners that did not end as they should, or shows one. Results without the parameter runner:
     * capsules (names, the newest first, separated by commas) and list (a line with time and cause for each). With it: path,
     * files (names, separated by commas), report (JSON), and content, the last 64 KiB of a file.
     */
    readonly "post-mortem": {
      readonly params: {
        /** Name of the runner. Without it, the action lists all capsules of the unit. */
        readonly runner?: string;
        /** The file of the capsule whose end is shown as content. */
        readonly file: string;
      };
      readonly results: ActionResults;
    };
  };
  readonly relations: {
    readonly "cos-agent": { readonly role: "provides"; readonly interface: "cos_agent" };
    readonly "debug-ssh": { readonly role: "requires"; readonly interface: "debug-ssh" };
  };
  readonly storages: {
    /** Contains the storage pool of the runners. */
    readonly runner: { readonly type: "filesystem"; readonly multiple: false };
  };
  readonly resources: Readonly<Record<never, never>>;
}

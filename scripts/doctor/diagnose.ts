import { PROGRAMS, type MachineFacts, type Program } from "./facts.ts";

/** Something that a machine lacks. */
export interface Finding {
  /** Whether commands or tests fail or are skipped without it. */
  readonly level: "missing" | "optional";
  readonly what: string;
  /** Commands and tests that need it. */
  readonly why: string;
  readonly remedy: string;
}

const GIB = 2 ** 30;
const NEEDED_DISK_BYTES = 4 * GIB;
const NEEDED_MEMORY_BYTES = 2 * GIB;
/** The kernel's default of 128 ends at about 17 containers. */
const NEEDED_INOTIFY_INSTANCES = 1024;
const LXD_TESTS = "npm run demo, and the tests *.lxd.test.ts, *.e2e.test.ts and packages/lxd-client";

const USERS: Readonly<Record<Program, string>> = {
  debootstrap: "the base image: npm run demo and the tests *.lxd.test.ts and *.e2e.test.ts",
  "mkfs.btrfs": "the tests of storage pools",
  shellcheck: "tests/guest/shellcheck.test.ts",
  logrotate: "the tests of the metrics log's rotation",
  nft: "the tests of firewalls",
  ip: "the tests with network namespaces",
  dnsmasq: "the network of LXD",
  tinyproxy: "the tests of proxies",
  openssl: "the tests with image servers and certificates",
  mksquashfs: "the tests with image servers",
  busybox: "the tests with Docker in a runner",
};

/** Finds what a machine lacks, the basics first. Pure. */
export function diagnose(facts: MachineFacts): readonly Finding[] {
  return [...basics(facts), ...programs(facts), ...lxd(facts), ...kernel(facts), ...space(facts)];
}

function* basics(facts: MachineFacts): Generator<Finding> {
  const { platform, architecture, nodeVersion, pinnedNodeVersion } = facts;
  if (platform !== "linux" || !["x64", "arm64"].includes(architecture)) {
    yield missing({
      what: `Linux on x86-64 or arm64; this is ${platform} on ${architecture}`,
      why: "the pinned Node.js, LXD: every command",
      remedy: "use the dev container or a virtual machine with Debian 12",
    });
  }
  if (nodeVersion !== pinnedNodeVersion) {
    yield missing({
      what: `Node.js ${pinnedNodeVersion}; this is ${nodeVersion}`,
      why: "every command: sources are TypeScript that this version runs",
      remedy: "start commands with npm run; in a shell: export PATH=$PWD/node_modules/.bin:$PATH",
    });
  }
  if (!facts.hasNpm) {
    yield missing({ what: "npm", why: "the dependencies", remedy: "apt-get install nodejs npm" });
  }
  if (!facts.isRoot) {
    yield missing({
      what: "root",
      why: `LXD, mounts and network namespaces: ${LXD_TESTS}, and some fast tests`,
      remedy: "run the command as root, such as: sudo npm test",
    });
  }
}

function* programs({ missingPrograms, hasApt }: MachineFacts): Generator<Finding> {
  for (const program of missingPrograms) {
    yield missing({
      what: program,
      why: USERS[program],
      remedy: `apt-get install ${PROGRAMS[program]}${hasApt ? "; npm test as root does it too" : ""}`,
    });
  }
  if (!hasApt) {
    yield optional({
      what: "apt-get",
      why: "npm run demo and npm test install missing packages with it",
      remedy: "use Debian 12 or Ubuntu, or install the packages above and LXD yourself",
    });
  }
}

function* lxd({ hasLxd, hasBaseImage, hasArchive }: MachineFacts): Generator<Finding> {
  if (!hasLxd) {
    yield missing({
      what: "a response from LXD",
      why: LXD_TESTS,
      remedy: "bash tests/support/lxd/ensure-lxd.sh (as root; npm test and npm run demo do it too)",
    });
  }
  if (hasBaseImage === false) {
    yield missing({
      what: "the base image in LXD",
      why: "npm run demo, and the tests *.lxd.test.ts and *.e2e.test.ts",
      remedy: "bash scripts/run.sh tests/support/base-image/main.ts (npm test and npm run demo do it too)",
    });
  }
  if (!hasArchive) {
    yield missing({
      what: "a packed charm in dist/",
      why: "the tests *.packed.test.ts and *.e2e.test.ts",
      remedy: "npm run pack (npm test and npm run demo do it too)",
    });
  }
}

function* kernel(facts: MachineFacts): Generator<Finding> {
  if (!facts.hasBridgeFilter) {
    yield missing({
      what: "the kernel module br_netfilter",
      why: "Docker in runners, and the tests of firewalls",
      remedy: "modprobe br_netfilter",
    });
  }
  if (!facts.hasLoopDevices) {
    yield missing({
      what: "loop devices",
      why: "storage pools in files, and their tests",
      remedy: "modprobe loop; in a container, run on the machine instead",
    });
  }
  if (facts.inotifyInstances < NEEDED_INOTIFY_INSTANCES) {
    yield missing({
      what: `fs.inotify.max_user_instances=${NEEDED_INOTIFY_INSTANCES}; it is ${facts.inotifyInstances}`,
      why: "more than about 17 containers at once",
      remedy: `sysctl fs.inotify.max_user_instances=1048576 (npm test as root does it too)`,
    });
  }
  if (!facts.hasVirtualMachines) {
    yield optional({
      what: "KVM and vsock",
      why: "runners with instance-type=virtual-machine; no test needs them",
      remedy: "use a machine with /dev/kvm and run: modprobe vhost_vsock",
    });
  }
}

function* space({ freeDiskBytes, freeMemoryBytes }: MachineFacts): Generator<Finding> {
  if (freeDiskBytes < NEEDED_DISK_BYTES) {
    yield missing({
      what: `${gib(NEEDED_DISK_BYTES)} of free disk below /var/lib; ${gib(freeDiskBytes)} are free`,
      why: `images and instances: ${LXD_TESTS}`,
      remedy: "free space there",
    });
  }
  if (freeMemoryBytes < NEEDED_MEMORY_BYTES) {
    yield missing({
      what: `${gib(NEEDED_MEMORY_BYTES)} of free memory; ${gib(freeMemoryBytes)} are free`,
      why: "fleets of runners: npm run demo and the tests *.e2e.test.ts",
      remedy: "stop other programs, or use a machine with more memory",
    });
  }
}

function missing(finding: Omit<Finding, "level">): Finding {
  return { level: "missing", ...finding };
}

function optional(finding: Omit<Finding, "level">): Finding {
  return { level: "optional", ...finding };
}

function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}

/** The exit code of a diagnosis: 1 when something is missing that is not optional. Pure. */
export function exitCodeOf(findings: readonly Finding[]): 0 | 1 {
  return findings.some(({ level }) => level === "missing") ? 1 : 0;
}

/** What a person reads. Pure. */
export function renderFindings(findings: readonly Finding[]): string {
  if (findings.length === 0) return "Nothing is missing: all commands and tests can run.\n";
  const lines = findings.map(
    ({ level, what, why, remedy }) =>
      `${level === "missing" ? "MISSING " : "optional"}  ${what}\n          needed for: ${why}\n          to get it: ${remedy}\n`,
  );
  const count = findings.filter(({ level }) => level === "missing").length;
  return `${lines.join("")}${count === 0 ? "Nothing that tests need is missing." : `Missing: ${count}.`}\n`;
}

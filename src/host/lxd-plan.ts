/** A program with its arguments and its time limit. */
export interface Command {
  readonly words: readonly [string, ...string[]];
  readonly limitMs: number;
}

/** Facts of a machine that decide how LXD is installed or started. */
export interface LxdFacts {
  /** `ID` of os-release, such as `ubuntu` or `debian`. */
  readonly os: string;
  readonly root: boolean;
  readonly snap: boolean;
  readonly apt: boolean;
  readonly systemd: boolean;
  /** The installed LXD. */
  readonly installed: "snap" | "package" | "incus" | "none";
  /** Whether root has a UID range for containers. The package needs one, the snap does not. */
  readonly idRange: boolean;
}

/** How LXD is installed or started. */
export type LxdPlan =
  | {
      readonly possible: true;
      /** Progress message for the status. */
      readonly told: string;
      /** Whether root needs a UID range for containers first. */
      readonly addIdRange: boolean;
      readonly commands: readonly Command[];
    }
  | { readonly possible: false; readonly reason: string };

const CHANNEL = "5.21/stable";
const MINUTE = 60_000;
const QUESTIONS_OFF = ["DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_MODE=l"];
/** What the distribution's LXD needs for a bridge, a pool with clones and images, and does not depend on. */
const PACKAGES = [
  "lxd",
  "lxd-client",
  "lxcfs",
  "dnsmasq-base",
  "nftables",
  "iproute2",
  "btrfs-progs",
  "uidmap",
  "zstd",
];

/** For clones in a loop file. The snap contains these tools, but not for the machine. */
const TOOLS = ["btrfs-progs", "nftables"];

/**
 * Decides how to install or start LXD. Pure.
 *
 * An installed LXD is only started: its version and channel never change.
 */
export function planLxd(facts: LxdFacts): LxdPlan {
  if (!facts.root) return impossible("the unit does not run as root");
  switch (facts.installed) {
    case "snap":
      return plan("Starting LXD", false, [snap("start", "lxd"), waitReady("/snap/bin/lxd")]);
    case "package":
      if (!facts.systemd)
        return impossible("it is installed, and without systemd only a person can start it");
      return plan("Starting LXD", false, [...START_PACKAGE, waitReady("lxd")]);
    case "incus":
      if (!facts.systemd)
        return impossible("Incus is installed, and without systemd only a person can start it");
      return plan("Starting Incus", false, [systemctl("start", "incus.socket", "incus.service")]);
    case "none":
      return planInstallation(facts);
  }
}

function planInstallation({ os, snap: hasSnap, apt, systemd, idRange }: LxdFacts): LxdPlan {
  if (!systemd) return impossible("there is no systemd that could start it");
  if (os === "ubuntu") {
    if (!hasSnap) return impossible("Ubuntu has LXD as a snap only, and there is no snapd");
    return plan(`Installing LXD (snap, ${CHANNEL})`, false, [
      snap("install", "lxd", `--channel=${CHANNEL}`),
      waitReady("/snap/bin/lxd"),
      ...(apt ? [aptGet("install", ...TOOLS)] : []),
    ]);
  }
  if (!apt) return impossible(`there is no apt-get on ${os || "this system"} to install it with`);
  return plan("Installing LXD (Debian's package)", !idRange, [
    aptGet("update"),
    aptGet("install", ...PACKAGES),
    ...START_PACKAGE,
    waitReady("lxd"),
  ]);
}

function plan(told: string, addIdRange: boolean, commands: readonly Command[]): LxdPlan {
  return { possible: true, told, addIdRange, commands };
}

function impossible(reason: string): LxdPlan {
  return { possible: false, reason };
}

function aptGet(verb: "update" | "install", ...packages: readonly string[]): Command {
  const options = ["--yes", "--quiet", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"];
  // An installed package is never upgraded.
  const keep = verb === "install" ? ["--no-upgrade"] : [];
  const words = ["env", ...QUESTIONS_OFF, "apt-get", verb, ...options, ...keep, ...packages] as const;
  return { words, limitMs: 15 * MINUTE };
}

function snap(...args: readonly string[]): Command {
  return { words: ["snap", ...args], limitMs: 15 * MINUTE };
}

function systemctl(...args: readonly string[]): Command {
  return { words: ["systemctl", ...args], limitMs: 2 * MINUTE };
}

/** The API may respond before LXD is ready. */
function waitReady(lxd: string): Command {
  return { words: [lxd, "waitready", "--timeout=120"], limitMs: 3 * MINUTE };
}

const START_PACKAGE: readonly Command[] = [systemctl("start", "lxcfs.service", "lxd.socket", "lxd.service")];

/** The socket path of the LXD that is, or would be, installed. Pure. */
export function socketOf({ installed, os }: LxdFacts): string {
  switch (installed) {
    case "incus":
      return "/var/lib/incus/unix.socket";
    case "snap":
      return SNAP_SOCKET;
    case "package":
      return PACKAGE_SOCKET;
    case "none":
      return os === "ubuntu" ? SNAP_SOCKET : PACKAGE_SOCKET;
  }
}

const SNAP_SOCKET = "/var/snap/lxd/common/lxd/unix.socket";
const PACKAGE_SOCKET = "/var/lib/lxd/unix.socket";

/** Adds a UID range for containers to the text of `/etc/subuid` or `/etc/subgid`, above all existing ranges. Pure. */
export function withIdRange(text: string): string {
  const ends = [...text.matchAll(/^[^:\n]+:(\d+):(\d+)$/gm)].map(
    ([, first, size]) => Number(first) + Number(size),
  );
  const first = Math.max(FIRST_ID, ...ends);
  const lines = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  return `${lines}root:${first}:${ID_COUNT}\n`;
}

/** Whether root has a UID range that is large enough for a container. Pure. */
export function hasIdRange(text: string): boolean {
  return [...text.matchAll(/^root:\d+:(\d+)$/gm)].some(([, size]) => Number(size) >= SMALLEST_ID_COUNT);
}

const FIRST_ID = 100_000;
const ID_COUNT = 10_000_001;
const SMALLEST_ID_COUNT = 65_536;

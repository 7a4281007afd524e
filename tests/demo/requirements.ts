import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";

/** What of this machine decides whether the demo can work. */
export interface HostFacts {
  /** As Node.js names it, such as `linux`. */
  readonly platform: string;
  /** As Node.js names it, such as `x64`. */
  readonly architecture: string;
  readonly isRoot: boolean;
  /** Whether packages that are missing can be installed. */
  readonly hasApt: boolean;
  /** Bytes that are free where LXD keeps its instances. */
  readonly freeBytes: number;
}

const GIB = 2 ** 30;
const NEEDED_BYTES = 4 * GIB;

export async function readHostFacts(): Promise<HostFacts> {
  const { bavail, bsize } = await statfs("/var/lib");
  return {
    platform: process.platform,
    architecture: process.arch,
    isRoot: process.getuid?.() === 0,
    hasApt: existsSync("/usr/bin/apt-get"),
    freeBytes: bavail * bsize,
  };
}

/** Why the demo cannot work here and what to do about it; undefined where it can. Pure. */
export function findObstacle(facts: HostFacts): string | undefined {
  const { platform, architecture, isRoot, hasApt, freeBytes } = facts;
  if (platform !== "linux" || architecture !== "x64") {
    return `it needs Linux on x86-64, and this is ${platform} on ${architecture}; use a virtual machine with Debian 12`;
  }
  if (!isRoot) return "LXD and network namespaces need root; run it as root, such as with: sudo npm run demo";
  if (!hasApt) return "it installs what is missing with apt-get, and there is none; use Debian 12 or Ubuntu";
  if (freeBytes < NEEDED_BYTES) {
    const free = (freeBytes / GIB).toFixed(1);
    return `/var/lib has ${free} GiB of free space, and ${NEEDED_BYTES / GIB} GiB are needed; make room there`;
  }
  return undefined;
}

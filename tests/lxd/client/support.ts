import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, findSocket, type LxdClient } from "../../../src/lxd/client/index.ts";

/** Prefix of everything that these tests make on LXD. */
export const PREFIX = "lxdclient-";
export const IMAGE = `${PREFIX}busybox`;
export const POOL = `${PREFIX}pool`;
/** Names of bridges have at most 15 characters. */
export const BRIDGE = "lxdclient-br0";
export const PROFILE = `${PREFIX}profile`;

const BUSYBOX = "/bin/busybox";

/** Why the daemon cannot be tested against, or undefined when it can. */
export function reasonToSkip(): string | undefined {
  if (findSocket(process.env, existsSync) === undefined) return "there is no LXD socket on this machine";
  if (process.getuid?.() !== 0) return "making an image with devices and owners needs root";
  if (!existsSync(BUSYBOX)) return `there is no ${BUSYBOX}; install the package busybox-static`;
  return undefined;
}

/** A signal for calls that nothing in the test aborts. */
export function patience(milliseconds = 60_000): AbortSignal {
  return AbortSignal.timeout(milliseconds);
}

/** A client of the daemon of this machine. */
export async function connectHere(): Promise<LxdClient> {
  const socket = findSocket(process.env, existsSync);
  if (socket === undefined) throw new Error("There is no LXD socket");
  return connect(socket, patience());
}

/** Declares a suite that runs against the daemon of this machine; says in its title why it is skipped where it is. */
export function describeDaemon(title: string, body: () => void): void {
  const reason = reasonToSkip();
  if (reason === undefined) describe(title, body);
  else describe.skip(`${title} (skipped: ${reason})`, body);
}

const INIT = `#!/bin/busybox sh
# Answers the signals by which LXC asks for a shutdown and a reboot; all else is a shell's.
/bin/busybox mkdir -p /tmp /root
trap 'exit 0' PWR TERM USR1 RTMIN+3
while :; do
  /bin/busybox sleep 3600 &
  wait $!
done
`;

const APPLETS =
  "sh cat echo sleep true false id env pwd yes head kill trap dd test ls stat printf mkdir nohup seq".split(
    " ",
  );

/** Packs a container image of busybox alone. */
export function packImage(properties: Readonly<Record<string, string>> = {}): {
  path: string;
  remove: () => void;
} {
  const directory = mkdtempSync(join(tmpdir(), PREFIX));
  const root = join(directory, "content", "rootfs");
  for (const name of ["bin", "sbin", "dev", "proc", "sys", "tmp", "root", "etc", "run", "var"]) {
    mkdirSync(join(root, name), { recursive: true });
  }
  copyFileSync(BUSYBOX, join(root, "bin/busybox"));
  for (const applet of APPLETS) symlinkSync("busybox", join(root, "bin", applet));
  writeFileSync(join(root, "sbin/init"), INIT);
  chmodSync(join(root, "sbin/init"), 0o755);
  writeFileSync(join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
  const described = Object.entries({ description: "busybox", ...properties });
  writeFileSync(
    join(directory, "content", "metadata.yaml"),
    `architecture: x86_64\ncreation_date: 1700000000\nproperties:\n${described.map(([key, value]) => `  ${key}: "${value}"\n`).join("")}`,
  );
  const path = join(directory, "image.tar.gz");
  execFileSync("tar", [
    "-C",
    join(directory, "content"),
    "--owner=0",
    "--group=0",
    "-czf",
    path,
    "metadata.yaml",
    "rootfs",
  ]);
  return {
    path,
    remove: () => {
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

import {
  ANSWERS_PIPE,
  BUILD_ARCHIVE,
  PAYLOAD_PIPE,
  RUNNER_APPLICATION,
  RUNNER_HOME,
  RUNNER_USER,
  RUNNER_UNIT,
} from "./paths.ts";
import {
  exportProxies,
  installAproxy,
  installExecutable,
  installPackages,
  installYarn,
  quietSystem,
} from "./install-steps.ts";
import { trustCertificates, updateStore } from "./own-authority.ts";
import type { GuestFile } from "./payload.ts";
import type { ProxySettings } from "../network/proxy-settings.ts";
import { startScripts, startUnit } from "./start-scripts.ts";
import { writeFile } from "./write-file.ts";
import type { WgetExecutable } from "./installed-programs.ts";

/** The inputs of a runner image's build script. */
export interface BuildOptions {
  /** Debian packages to install in addition to those of the base image. */
  readonly packages: readonly string[];
  /** Programs to download if the image has wget. Failed downloads are skipped. @default none */
  readonly executables?: readonly WgetExecutable[];
  /** Architecture to install the snap aproxy for. @default it is not installed */
  readonly aproxy?: "x64" | "arm64" | undefined;
  /** Certificates of further authorities in PEM format, for the build and for jobs. @default none */
  readonly certificates?: string | undefined;
  /** The proxy for the build; the image does not contain it. @default none */
  readonly proxy?: ProxySettings | undefined;
}

/**
 * The script that builds a runner image from a started base image. It runs as root in the builder, with the runner
 * application's archive at {@link BUILD_ARCHIVE}, and prints a line `step: <what>` before each step.
 */
export function buildScript({
  packages,
  executables = [],
  aproxy,
  certificates,
  proxy,
}: BuildOptions): string {
  return [
    "set -euo pipefail",
    "export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1",
    ...(proxy ? exportProxies(proxy) : []),
    ...(certificates === undefined ? [] : trustCertificates(certificates)),
    // First, since unattended upgrades hold the package lock.
    ...quietSystem,
    ...(packages.length > 0 ? installPackages(packages) : []),
    ...(certificates === undefined ? [] : updateStore),
    ...installYarn,
    ...executables.flatMap(installExecutable),
    ...(aproxy ? installAproxy(aproxy, proxy) : []),
    ...runnerUser,
    ...runnerApplication,
    ...[...startScripts, startUnit, dockerService].flatMap(writeFile),
    `mkfifo -m 600 ${PAYLOAD_PIPE} ${ANSWERS_PIPE}`,
    `systemctl enable --quiet ${RUNNER_UNIT}`,
    "",
  ].join("\n");
}

/**
 * The script that removes a started instance's identity, so that each clone gets its own. It runs as root in the
 * template, as the last step before the stop.
 */
export const cleanScript = [
  "set -euo pipefail",
  "rm -f /etc/ssh/ssh_host_* /var/lib/dhcp/*.leases /var/lib/systemd/random-seed",
  "rm -rf /run/systemd/netif/leases/* /var/lib/systemd/network/* /var/log/journal/* /tmp/* /var/tmp/*",
  // Empty, not absent: systemd then creates a new ID at each clone's first start, without the first-boot units.
  ": >/etc/machine-id",
  "rm -f /var/lib/dbus/machine-id",
  "sync",
  "",
].join("\n");

/** Variables of Docker's daemon, which its service finds out at each start. */
const DOCKER_ENVIRONMENT = "/run/github-runner-docker.env";

/**
 * Early versions of Docker keep their images in subvolumes where the disk is btrfs, which a runner may not create. On other
 * disks Docker chooses itself: with a driver that the disk does not support, such as this one on ZFS before 2.2, it would
 * not start.
 */
export const chooseDockerDriver =
  'if [ "$(stat --file-system --format %T /var/lib)" = btrfs ]; then echo DOCKER_DRIVER=overlay2; fi';

/** Docker drops traffic that it does not forward itself, such as that of microk8s. A runner does not need this. */
const dockerService: GuestFile = {
  path: "/etc/systemd/system/docker.service.d/forward.conf",
  mode: "0644",
  owner: "root",
  content: [
    "[Service]",
    // The file is read after the program that writes it.
    `EnvironmentFile=-${DOCKER_ENVIRONMENT}`,
    `ExecStartPre=/bin/sh -c '${inUnit(chooseDockerDriver)} >${DOCKER_ENVIRONMENT}'`,
    "ExecStartPost=-/bin/sh -c 'iptables --wait --check DOCKER-USER --jump ACCEPT 2>/dev/null || " +
      "iptables --wait --insert DOCKER-USER --jump ACCEPT'",
    "",
  ].join("\n"),
};

/** Of a shell's line as a part of a unit, where `%` and `$` have another meaning. */
function inUnit(line: string): string {
  return line.replaceAll("%", "%%").replaceAll("$", "$$$$");
}

const runnerUser = [
  'echo "step: Preparing the runner user"',
  "for group in docker microk8s; do getent group $group >/dev/null || groupadd --system $group; done",
  `id ${RUNNER_USER} >/dev/null 2>&1 || useradd --create-home --shell /bin/bash ${RUNNER_USER}`,
  `usermod --append --groups docker,microk8s ${RUNNER_USER}`,
  "mkdir -p /etc/sudoers.d",
  `echo "${RUNNER_USER} ALL=(ALL) NOPASSWD:ALL" >/etc/sudoers.d/90-github-runner`,
  "chmod 0440 /etc/sudoers.d/90-github-runner",
  // Workflows install tools there without sudo, as on GitHub's own runners.
  "chmod 777 /usr/local/bin",
  "if [ -e /usr/bin/python3 ]; then ln -sf python3 /usr/bin/python; fi",
];

const runnerApplication = [
  'echo "step: Unpacking the runner application"',
  `mkdir -p ${RUNNER_APPLICATION}`,
  `tar --extract --gzip --file ${BUILD_ARCHIVE} --directory ${RUNNER_APPLICATION} --no-same-owner`,
  `rm ${BUILD_ARCHIVE}`,
  `chown -R ${RUNNER_USER}:${RUNNER_USER} ${RUNNER_HOME}`,
];

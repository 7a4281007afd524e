import type { BaseImage, InstanceType } from "../runners/ports.ts";
import { ConditionError } from "charm-kit";

/** A guest could not be bootstrapped: its application does not listen for jobs. */
export class BootstrapError extends ConditionError {
  readonly code = "bootstrap";
  readonly remedy = "retry";
  readonly instance: string;

  constructor(instance: string, detail: string) {
    super(`Cannot deliver the registration to '${instance}': ${detail}`);
    this.instance = instance;
  }
}

/** LXD could not start an instance; its log of the instance has the reason. */
export class InstanceStartError extends ConditionError {
  readonly code = "instance-start";
  readonly remedy = "retry";
  readonly instance: string;

  constructor(instance: string, reason: string, options?: ErrorOptions) {
    super(`Cannot start instance '${instance}': LXD's log of it says "${reason}"`, options);
    this.instance = instance;
  }
}

/** LXD is not installed on this machine. */
export class LxdMissingError extends ConditionError {
  readonly code = "lxd-missing";
  readonly remedy = "person";
  override readonly checkedBy = "update-status";

  constructor() {
    super(
      "Cannot find LXD on this machine: no socket at any of its usual paths; install it (snap install lxd, or " +
        "apt install lxd) and initialise it, or set LXD_SOCKET",
    );
  }
}

/** An instance still exists after all attempts to delete it. */
export class NotDestroyedError extends ConditionError {
  readonly code = "not-destroyed";
  readonly remedy = "retry";
  readonly instance: string;

  constructor(instance: string) {
    super(`Cannot destroy instance '${instance}': LXD reported success, but the instance still exists`);
    this.instance = instance;
  }
}

/** The base image is missing in LXD's store or on the image server, or it is for instances of the other type. */
export class BaseImageError extends ConditionError {
  readonly code = "base-image";
  readonly remedy = "person";

  /** @param options `wanted`: the type of instance that the image is not for. */
  constructor(
    { server, alias }: BaseImage,
    { wanted, ...options }: { readonly wanted?: InstanceType } & ErrorOptions = {},
  ) {
    const source = server === undefined ? "LXD" : `the image server ${server}`;
    const remedy = server === undefined ? "import one, or set base-image" : "set base-image, or image-server";
    super(
      wanted === undefined
        ? `Cannot build the runner image: ${source} has no image with the alias '${alias}'; ${remedy}`
        : `Cannot build the runner image: the image of ${source} with the alias '${alias}' is none for ` +
            `instance-type=${wanted}; ${remedy}, or instance-type`,
      options,
    );
  }
}

/** LXD could not download the base image: no answer, an invalid certificate, or damaged files. */
export class BaseImageServerError extends ConditionError {
  readonly code = "base-image-server";
  readonly remedy = "outside";

  constructor(
    alias: string,
    server: string,
    { detail, ...options }: { readonly detail: string } & ErrorOptions,
  ) {
    super(
      `Cannot fetch the base image '${alias}' from ${server}: ${detail}; let LXD reach it and trust its certificate, or ` +
        "set image-server",
      options,
    );
  }
}

/** An object of LXD that the unit needs belongs to a unit of the same name of another deployment. */
export class ForeignObjectError extends ConditionError {
  readonly code = "foreign-object";
  readonly remedy = "person";

  /**
   * @param what the object, such as `storage pool 'runners-0'`.
   * @param owner its owner, as a model's UUID and the unit's name.
   */
  constructor(what: string, owner: string) {
    super(
      `Cannot use the ${what} of LXD: it belongs to ${owner}; remove it if that unit is gone, or deploy this one under ` +
        "another name",
    );
  }
}

/** LXD cannot run a program that it needs. Retries do not help. */
export class ProgramMissingError extends ConditionError {
  readonly code = "lxd-program-missing";
  readonly remedy = "person";

  /** @param action what LXD needs it for, as it reads after "Cannot". */
  constructor(action: string, program: string, options?: ErrorOptions) {
    super(
      `Cannot ${action}: LXD needs the program '${program}', which this machine lacks; install it (apt install ` +
        `${PACKAGES.get(program) ?? program})`,
      options,
    );
  }
}

/** Debian's packages of LXD's programs, where the names differ. */
const PACKAGES: ReadonlyMap<string, string> = new Map([
  ["btrfs", "btrfs-progs"],
  ["dnsmasq", "dnsmasq-base"],
  ["mkfs.btrfs", "btrfs-progs"],
  ["mksquashfs", "squashfs-tools"],
  ["qemu-img", "qemu-utils"],
  ["unsquashfs", "squashfs-tools"],
  ["xz", "xz-utils"],
  ["zfs", "zfsutils-linux"],
  ["zpool", "zfsutils-linux"],
]);

/** What apt says of a package that no index has; it reads the indexes anew before. */
const UNKNOWN_PACKAGE = /Unable to locate package|has no installation candidate/;

/** A step of an image build failed. The last good image stays. */
export class ImageBuildError extends ConditionError {
  readonly code = "image-build";
  readonly remedy: "person" | "retry";

  constructor(step: string, detail: string, options?: ErrorOptions) {
    const isMisspelt = UNKNOWN_PACKAGE.test(detail);
    const advice = isMisspelt ? "; correct image-packages, or base-image" : "";
    super(`Cannot build the runner image (${step}): ${detail}${advice}`, options);
    this.remedy = isMisspelt ? "person" : "retry";
  }
}

/** LXD does not support network ACLs. */
export class FirewallUnsupportedError extends ConditionError {
  readonly code = "firewall-unsupported";
  readonly remedy = "person";
  override readonly checkedBy = "update-status";

  constructor() {
    super(
      "Cannot isolate the runners' network: this LXD does not support network ACLs on bridges; upgrade it to 5.0 or later",
    );
  }
}

/** Every port of the unit's bridge belongs to an instance. */
export class NoFreePortError extends ConditionError {
  readonly code = "no-free-port";
  readonly remedy = "person";

  constructor(bridge: string, count: number) {
    super(
      `Cannot give a runner an address: all ${count} of bridge ${bridge} belong to instances; lower virtual-machines`,
    );
  }
}

/** The unit's bridge does not work in the kernel, although LXD has set it up again. */
export class BridgeLostError extends ConditionError {
  readonly code = "bridge-lost";
  readonly remedy = "retry";

  constructor(bridge: string, fault: string, before: string) {
    super(
      `Cannot restore the runners' bridge ${bridge}: ${fault}, after LXD has set it up again because ${before}; ` +
        "see LXD's log",
    );
  }
}

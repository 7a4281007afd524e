import { existsSync } from "node:fs";
import { join } from "node:path";
import { ConditionError } from "charm-kit";
import type { HostPaths } from "./host-paths.ts";

/** This machine cannot run virtual machines. */
export class VirtualMachinesError extends ConditionError {
  readonly code = "no-virtual-machines";
  readonly remedy = "person";

  constructor(missing: readonly string[]) {
    super(
      `Cannot run virtual machines on this machine: ${missing.join(", and ")}; set instance-type=container, or deploy ` +
        "to a machine with KVM",
    );
  }
}

/**
 * @param lxdHasMachines whether LXD supports virtual machines.
 * @throws {@link VirtualMachinesError} that names everything that is missing.
 */
export function checkVirtualMachines({ dev }: HostPaths, lxdHasMachines: boolean): void {
  if (lxdHasMachines) return;
  const absent = ["kvm", "vhost-vsock"].filter((name) => !existsSync(join(dev, name)));
  throw new VirtualMachinesError(
    absent.length > 0
      ? absent.map((name) => `there is no /dev/${name}`)
      : ["LXD found none when it started (restart it, or see its log)"],
  );
}

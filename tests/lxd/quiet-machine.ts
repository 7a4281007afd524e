import type { LxdInfrastructureOptions } from "../../src/lxd/lxd-infrastructure.ts";

/** A machine with room for every pool, all filters of network devices, and a kernel that has nothing to mend. */
export const QUIET_MACHINE: Pick<
  LxdInfrastructureOptions,
  "poolStore" | "nicFilters" | "bridgeKernel" | "onRepair"
> = {
  poolStore: {
    prepare: () => Promise.resolve({ driver: "dir", config: {}, room: 0, isShared: true, lost: false }),
    attach: () => Promise.resolve(),
    restore: (_containers, forget) => forget(),
    remove: () => Promise.resolve(),
  },
  nicFilters: () => Promise.resolve({ mac: true, ipv4: true, ipv6: true, isolation: true }),
  bridgeKernel: {
    fault: () => Promise.resolve(undefined),
    harden: () => Promise.resolve(),
    attach: () => Promise.resolve([]),
    removeLeft: () => Promise.resolve(),
    removeAllLeft: () => Promise.resolve(),
  },
  onRepair: () => undefined,
};

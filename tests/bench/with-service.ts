import { ServiceProcess } from "../support/rig/service-process.ts";
import type { BenchContext } from "./bench.ts";

/** Options of a unit between two measurements. */
const AT_REST = {
  scaling: "fixed",
  "virtual-machines": "0",
  "idle-runners": "0",
  "standby-runners": "1",
} as const;

/**
 * Measures while the runner service does the unit's work. Ends the service then, and leaves the unit without runners.
 *
 * @param options of the unit meanwhile.
 */
export async function withService<Result>(
  { rig, signal }: Pick<BenchContext, "rig" | "signal">,
  options: Readonly<Record<string, string>>,
  measure: (service: ServiceProcess) => Promise<Result>,
): Promise<Result> {
  const service = new ServiceProcess(rig);
  service.start();
  try {
    await rig.configure(options, signal);
    return await measure(service);
  } finally {
    await service.kill("SIGTERM");
    await rig.configure(AT_REST, signal);
    await rig.github.call("wait-for-runners", { registered: 0 }, signal);
  }
}

import { spawnSync } from "node:child_process";
import { join } from "node:path";

const ENSURE = join(import.meta.dirname, "ensure-prometheus.sh");

/** Skips the tests of a suite where Debian's Prometheus cannot be had. */
export function usePrometheus(): void {
  before(function () {
    this.timeout(540_000);
    const { status, stderr } = spawnSync("sh", [ENSURE], { encoding: "utf8" });
    if (status === 3) this.skip();
    if (status !== 0) throw new Error(`Prometheus cannot be made ready: ${stderr}`);
  });
}

/** Runs promtool. @returns all of its output, and whether it is content */
export function promtool(
  args: readonly string[],
  input = "",
): { readonly isFine: boolean; readonly output: string } {
  const { status, stdout, stderr } = spawnSync("promtool", args, { input, encoding: "utf8" });
  return { isFine: status === 0, output: `${stdout}${stderr}` };
}

/**
 * Runs in a container with systemd, on the repository's files: `ensure <program>` and `remove` do to the unit's service
 * what hooks do. Prints JSON.
 */
import { runProcess } from "charm-kit";
import { RunnerService } from "../../src/host/runner-service.ts";

const [verb = "", program = ""] = process.argv.slice(2);
const signal = AbortSignal.timeout(180_000);
const service = new RunnerService({
  unit: { name: "fleet/0", slug: "fleet-0" },
  paths: { units: "/etc/systemd/system", booted: "/run/systemd/system" },
  run: runProcess,
});

async function work(): Promise<unknown> {
  switch (verb) {
    case "ensure":
      return service.ensure([process.execPath, program, "fleet-0"], signal);
    case "restart":
      return service.restart(signal);
    default:
      return service.remove(signal);
  }
}

process.stdout.write(`${JSON.stringify((await work()) ?? null)}\n`);

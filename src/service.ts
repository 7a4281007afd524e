import { fileURLToPath } from "node:url";
import { systemClock } from "charm-kit";
import { runService } from "./service/run-service.ts";
import { unitSystem } from "./unit/real-system.ts";

const [slug = ""] = process.argv.slice(2);
if (!/^[a-z0-9][a-z0-9-]*$/.test(slug)) {
  process.stderr.write("Cannot start the runner service: name its unit, such as runners-0\n");
  process.exit(2);
}
const ended = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    ended.abort();
  });
}
// Its parent keeps it running, and has ended: nobody else would end it.
if (process.env["CHARM_ENDS_WITH_STDIN"] !== undefined) {
  process.stdin.resume().once("close", () => {
    ended.abort();
  });
  // An open input alone keeps no process running.
  process.stdin.unref();
}
await runService(
  {
    system: unitSystem(systemClock, process.env),
    slug,
    program: fileURLToPath(import.meta.url),
    write: (line) => process.stderr.write(`${line}\n`),
  },
  ended.signal,
);

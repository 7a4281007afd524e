/**
 * The stand-in as a process of its own.
 *
 *     main.ts --listen 192.0.2.2:80 --control /run/stand-in.sock --archive actions-runner-linux-x64-2.337.0.tar.gz
 *
 * It prints one line, `listening <address>`, once both sockets are open, and ends at SIGTERM or SIGINT.
 */
import { parseArgs } from "node:util";
import { startGithubStandIn } from "./github-stand-in.ts";
import { describeArchive } from "./runner-application/describe-archive.ts";

const { values } = parseArgs({
  options: {
    listen: { type: "string", default: "127.0.0.1:0" },
    control: { type: "string" },
    archive: { type: "string", multiple: true, default: [] },
    "offline-after-ms": { type: "string" },
    "poll-ms": { type: "string" },
  },
});

const [host = "127.0.0.1", port = "0"] = values.listen.split(":");
const standIn = await startGithubStandIn({
  host,
  port: Number(port),
  archives: await Promise.all(values.archive.map(describeArchive)),
  ...(values.control === undefined ? {} : { controlSocket: values.control }),
  service: values["offline-after-ms"] ? { offlineAfterMs: Number(values["offline-after-ms"]) } : {},
  protocol: values["poll-ms"] ? { pollMs: Number(values["poll-ms"]) } : {},
});
process.stdout.write(`listening ${standIn.url}\n`);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    void standIn.close();
  });
}

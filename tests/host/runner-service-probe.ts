/**
 * Stands for the runner service in a container with systemd: tries what the service must be able to do within the limits of its
 * systemd service, and what it must not, and writes the outcomes to `/var/lib/github-runner/probe.json`.
 */
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { runProcess } from "charm-kit";
import { SystemdNotify } from "../../src/service/systemd-notify.ts";

const run = promisify(execFile);
const SHARE = "/var/lib/github-runner/probe-share";

const TRIES: Readonly<Record<string, readonly [string, ...string[]]>> = {
  mount: ["mount", "-t", "tmpfs", "-o", "size=1M", "probe", SHARE],
  firewall: ["nft", "add", "table", "inet", "probe"],
  links: ["ip", "link", "add", "probe0", "type", "bridge"],
  owner: ["chown", "1000:1000", SHARE],
  sysctl: ["sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"],
  units: ["systemctl", "list-timers"],
  namespaces: ["unshare", "--mount", "true"],
  privileges: ["sh", "-c", "grep -q '^NoNewPrivs:.*1' /proc/self/status"],
};

mkdirSync(SHARE, { recursive: true });
const outcomes: Record<string, string> = {};
for (const [name, [program, ...words]] of Object.entries(TRIES)) {
  outcomes[name] = await run(program, words).then(
    () => "done",
    (thrown: unknown) => (thrown as { stderr?: string }).stderr?.trim() ?? "failed",
  );
}
/** Numbers of capability(7): to trace, to reboot, to set the clock, to change the kernel's log. */
const SURPLUS = [19, 22, 25, 34];
const status = readFileSync("/proc/self/status", "utf8");
const bounds = /^CapBnd:\s+([\da-f]+)$/m.exec(status)?.[1] ?? "";
outcomes["surplus"] = SURPLUS.filter((bit) => (BigInt(`0x${bounds}`) >> BigInt(bit)) & 1n).join();
const limits = readFileSync("/proc/self/limits", "utf8");
outcomes["core"] = /^Max core file size\s+(\d+)/m.exec(limits)?.[1] ?? "unknown";
outcomes["umask"] = /^Umask:\s+(\d+)$/m.exec(status)?.[1] ?? "unknown";
writeFileSync("/var/lib/github-runner/probe.json", JSON.stringify(outcomes));
await new SystemdNotify(runProcess, process.env).tell(["READY=1"], AbortSignal.timeout(10_000));
setInterval(() => undefined, 60_000);

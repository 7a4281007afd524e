import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { APROXY_PORT } from "../../src/guest/aproxy.ts";
import { buildScript } from "../../src/guest/build-script.ts";
import { bootstrapPayload } from "../../src/guest/bootstrap-payload.ts";
import { renderPayload } from "../../src/guest/payload.ts";
import { BUILD_ARCHIVE, DELIVER_PROGRAM, METRICS_SHARE, PRE_JOB_SCRIPT } from "../../src/guest/paths.ts";
import type { GuestRegistration } from "../../src/guest/registration.ts";
import type { GuestSettings } from "../../src/guest/settings.ts";
import { Secret } from "charm-kit";
import { baseProfile } from "../../src/lxd/runner-profiles.ts";
import { BASE_IMAGE_ALIAS } from "../support/base-image/ensure-base-image.ts";
import { buildArchive } from "../support/github/runner-application/build-archive.ts";

/** What a program ended with. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An application that tells its environment, listens, and ends when it is interrupted. */
const APPLICATION = `#!/bin/bash
env -0 >/tmp/environment
echo "2026-01-01 00:00:00Z: Listening for Jobs"
exec bin/Runner.Listener infinity
`;

/** Stays up when the runner ends, so that one instance can be many runners. */
const KEEP_RUNNING = "[Unit]\nSuccessAction=none\nFailureAction=none\n";

const APROXY = `
use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalPort => ${APROXY_PORT}, Listen => 5, ReuseAddr => 1) or die;
while (my $client = $server->accept) {
  sysread $client, my $request, 4096;
  print $client "HTTP/1.0 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nby aproxy";
  close $client;
}
`;

const DOCKER_UNIT = `[Service]
ExecStart=/bin/bash -c 'env -0 >/run/docker-environment; exec sleep infinity'
`;

const JUST_IN_TIME: GuestRegistration = {
  by: "just-in-time",
  jitConfig: new Secret("the configuration"),
};

const LIMIT_MS = 360_000;

/** A container of the base image that the build script has made a runner of, on a bridge of its own. */
export class GuestMachine {
  readonly name: string;
  /** The host's address on the container's bridge. */
  readonly #pool: readonly string[];
  readonly hostAddress: string;

  /**
   * @param network first three numbers of the network of the bridge.
   * @param pool driver and settings of its storage pool.
   */
  constructor(name: string, network: string, pool: readonly string[] = ["dir"]) {
    this.name = name;
    this.#pool = pool;
    this.hostAddress = `${network}.1`;
  }

  async make(): Promise<void> {
    await this.remove();
    const { name } = this;
    const signal = AbortSignal.timeout(LIMIT_MS);
    await lxc(["storage", "create", name, ...this.#pool]);
    const address = `ipv4.address=${this.hostAddress}/24`;
    await lxc(["network", "create", name, address, "ipv4.nat=true", "ipv6.address=none"]);
    const site = { pool: name, bridge: name, processes: 8192, guestSocket: "security.devlxd" } as const;
    const filters = { mac: false, ipv4: false, ipv6: false, isolation: false };
    const { config } = baseProfile("container", site, filters);
    const settings = Object.entries(config).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
    const options = ["--no-profiles", "-s", name, "-n", name, ...settings];
    await lxc(["launch", "-q", BASE_IMAGE_ALIAS, name, ...options]);
    const directory = await mkdtemp(join(tmpdir(), "guest-machine-"));
    try {
      const { path } = await buildArchive(directory, signal);
      await this.push(path, BUILD_ARCHIVE);
    } finally {
      await rm(directory, { recursive: true });
    }
    await this.run(
      [
        "until [ -S /run/systemd/private ]; do sleep 0.05; done",
        "systemctl is-system-running --wait >/dev/null || true",
        buildScript({ packages: [] }),
        `mkdir -m 1777 ${METRICS_SHARE}`,
        "cp /bin/sleep /home/ubuntu/github-runner/bin/Runner.Listener",
      ].join("\n"),
    );
    await this.write("/home/ubuntu/github-runner/run.sh", APPLICATION);
    await this.write("/etc/systemd/system/github-runner.service.d/keep.conf", KEEP_RUNNING);
    await this.run("systemctl daemon-reload");
  }

  /** Shows by a unit of Docker's name what systemd gives to its daemon, without Docker. */
  async pretendDocker(): Promise<void> {
    await this.write("/etc/systemd/system/docker.service", DOCKER_UNIT);
    await this.run("systemctl daemon-reload; systemctl start docker");
  }

  /** Listens where aproxy would, answers "by aproxy", and writes what snaps are told into `/tmp/snap-calls`. */
  async pretendAproxy(): Promise<void> {
    await this.write("/usr/local/bin/snap", '#!/bin/bash\necho "$*" >>/tmp/snap-calls\n');
    await this.write("/root/aproxy.pl", APROXY);
    await this.run("systemd-run --quiet --unit=aproxy perl /root/aproxy.pl");
  }

  /** Puts a file of this machine into the guest. */
  async push(path: string, guestPath: string): Promise<void> {
    await lxc(["file", "push", "-q", path, `${this.name}${guestPath}`]);
  }

  /** Makes it a fresh runner of these settings. @returns what the deliver program printed and ended with. */
  async become(settings: GuestSettings, registration = JUST_IN_TIME): Promise<Ended> {
    await this.run(
      [
        "systemctl stop github-runner-power-off.timer 2>/dev/null || true",
        "systemctl reset-failed",
        "systemctl stop github-runner",
        `rm -rf /tmp/environment ${METRICS_SHARE}/*`,
        "systemctl start --no-block github-runner",
      ].join("\n"),
    );
    const payload = bootstrapPayload(settings, this.name, registration);
    return execute(["exec", this.name, "-T", "--", DELIVER_PROGRAM], renderPayload(payload).reveal());
  }

  /** Runs the pre-job script as the runner application does for a job with these variables. */
  preJob(variables: Readonly<Record<string, string>>): Promise<Ended> {
    const assignments = Object.entries({ RUNNER_NAME: this.name, ...variables });
    return execute([
      ...["exec", this.name, "-T", "--user", "1000", "--group", "1000", "--env", "HOME=/home/ubuntu"],
      ...assignments.flatMap(([name, value]) => ["--env", `${name}=${value}`]),
      ...["--", "bash", "--noprofile", "--norc", "-e", "-o", "pipefail", PRE_JOB_SCRIPT],
    ]);
  }

  /** Runs a script as root. @returns what it printed. @throws Error when it fails. */
  run(script: string): Promise<string> {
    return lxc(["exec", this.name, "-T", "--", "bash", "-c", 'eval "$(cat)"'], script);
  }

  /** Runs a script as root, however it ends. */
  attempt(script: string): Promise<Ended> {
    return execute(["exec", this.name, "-T", "--", "bash", "-c", 'eval "$(cat)"'], script);
  }

  async write(path: string, content: string): Promise<void> {
    await this.run(`mkdir -p ${path.replace(/\/[^/]*$/, "")}; base64 -d >${path} <<'END'
${Buffer.from(content).toString("base64")}
END
chmod 755 ${path}`);
  }

  /** Variables that a file holds as `env -0` prints them. */
  async variables(path: string): Promise<Readonly<Record<string, string>>> {
    const entries = (await this.run(`cat ${path}`)).split("\0").filter(Boolean);
    return Object.fromEntries(entries.map((entry) => entry.split(/=(.*)/s).slice(0, 2) as [string, string]));
  }

  /** Such as `RUNNING` or `STOPPED`. */
  async state(): Promise<string> {
    return (await lxc(["list", "--format", "csv", "--columns", "s", `^${this.name}$`])).trim();
  }

  async start(): Promise<void> {
    // LXD shows the instance as stopped a moment before it lets it go.
    for (let tries = 0; (await execute(["start", this.name])).code !== 0; tries += 1) {
      if (tries > 50) throw new Error(`${this.name} cannot be started`);
    }
    await this.run(
      "until [ -S /run/systemd/private ]; do sleep 0.05; done; systemctl is-system-running --wait || true",
    );
  }

  async remove(): Promise<void> {
    await execute(["delete", "--force", this.name]);
    await execute(["network", "delete", this.name]);
    await execute(["storage", "delete", this.name]);
  }
}

async function lxc(words: readonly string[], input = ""): Promise<string> {
  const { code, stdout, stderr } = await execute(words, input);
  if (code !== 0)
    throw new Error(`lxc ${words.slice(0, 3).join(" ")} ended with ${String(code)}: ${stderr}${stdout}`);
  return stdout;
}

/** Not synchronous: servers of the test answer meanwhile. */
async function execute(words: readonly string[], input = ""): Promise<Ended> {
  const child = spawn("lxc", words, { signal: AbortSignal.timeout(LIMIT_MS) });
  child.stdin.on("error", () => undefined).end(input);
  const code = new Promise<number | null>((resolve, reject) =>
    child.once("close", resolve).once("error", reject),
  );
  const [exitCode, stdout, stderr] = await Promise.all([code, text(child.stdout), text(child.stderr)]);
  return { code: exitCode, stdout, stderr };
}

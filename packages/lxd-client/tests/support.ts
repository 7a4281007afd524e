import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  connect,
  findSocket,
  type InstanceSettings,
  type LxdClient,
  type LxdSocket,
  type NewInstance,
} from "../src/index.ts";

const MARK = "lxdclient-";
/**
 * Prefix of everything that this process makes on LXD: 15 characters at most, which is the bound of a bridge's name.
 * Holds the process id, so that suites side by side do not meet and the left-overs of a killed one are known.
 */
export const PREFIX = `${MARK}${process.pid.toString(36)}`;

const BUSYBOX = "/bin/busybox";
/** Ample on a machine that is a few times slower than a quiet one. */
const PATIENCE_MS = 180_000;

/** Why the daemon cannot be tested against, or undefined when it can. */
export function reasonToSkip(): string | undefined {
  if (findSocket(process.env, existsSync) === undefined) return "there is no LXD socket on this machine";
  if (process.getuid?.() !== 0) return "making an image with devices and owners needs root";
  if (!existsSync(BUSYBOX)) return `there is no ${BUSYBOX}; install the package busybox-static`;
  return undefined;
}

/** A signal for calls that nothing in the test aborts. */
export function patience(milliseconds = PATIENCE_MS): AbortSignal {
  return AbortSignal.timeout(milliseconds);
}

/** The socket of this machine's daemon. */
export function socketHere(): LxdSocket {
  const socket = findSocket(process.env, existsSync);
  if (socket === undefined) throw new Error("There is no LXD socket");
  return socket;
}

/** A daemon with a pool, an image and a profile of the suite's own. */
export class Daemon {
  readonly client: LxdClient;
  readonly image: string;
  readonly alias = `${PREFIX}-image`;
  readonly pool = `${PREFIX}-pool`;
  readonly profile = `${PREFIX}-profile`;

  constructor(client: LxdClient, image: string) {
    this.client = client;
    this.image = image;
  }

  static async prepare(): Promise<Daemon> {
    const client = await connect(socketHere(), patience());
    await sweepAbandoned(client);
    const packed = packImage("base");
    const content = createReadStream(packed.path);
    const outcome = await client.images.import({ format: "unified", content }, {}, patience());
    packed.remove();
    if (outcome.state !== "done") throw new Error("The import went unseen");
    const daemon = new Daemon(client, outcome.value.fingerprint);
    await daemon.#furnish();
    return daemon;
  }

  /** What the suite calls something. */
  name(suffix: string): string {
    return `${PREFIX}-${suffix}`;
  }

  create(suffix: string, settings: Partial<InstanceSettings> = {}): Promise<string> {
    return this.#make(suffix, settings);
  }

  async launch(suffix: string): Promise<string> {
    const name = await this.#make(suffix, {});
    await this.client.instances.changeState(name, { action: "start" }, patience());
    return name;
  }

  async dispose(): Promise<void> {
    await sweep(this.client, (name) => name.startsWith(PREFIX));
    await this.client.close();
  }

  async #make(suffix: string, settings: Partial<InstanceSettings>): Promise<string> {
    const name = this.name(suffix);
    const source = { type: "image", fingerprint: this.image } as const;
    const instance: NewInstance = { name, type: "container", source, profiles: [this.profile], ...settings };
    await this.client.instances.create(instance, patience());
    return name;
  }

  async #furnish(): Promise<void> {
    const { client } = this;
    await client.imageAliases.point({ name: this.alias, target: this.image, description: "" }, patience());
    await client.storagePools.create({ name: this.pool, driver: "dir" }, patience());
    const root = { type: "disk", path: "/", pool: this.pool };
    await client.profiles.create({ name: this.profile, devices: { root } }, patience());
  }
}

/** Declares a suite that runs against the daemon of this machine; its title says why it is skipped where it is. */
export function describeDaemon(title: string, body: (daemon: () => Daemon) => void): void {
  const reason = reasonToSkip();
  if (reason !== undefined) {
    describe.skip(`${title} (skipped: ${reason})`, () => {
      body(() => {
        throw new Error(reason);
      });
    });
    return;
  }
  describe(title, function () {
    this.timeout(PATIENCE_MS);
    let daemon: Daemon | undefined;
    before(async () => {
      daemon = await Daemon.prepare();
    });
    after(async () => {
      await daemon?.dispose();
    });
    body(() => {
      if (daemon === undefined) throw new Error("The daemon is not prepared");
      return daemon;
    });
  });
}

/** Removes what suites that were killed have left. Another suite may remove the same at the same moment. */
async function sweepAbandoned(client: LxdClient): Promise<void> {
  const isAbandoned = (name: string) => {
    const pid = /^lxdclient-([0-9a-z]+)/.exec(name)?.[1];
    return pid !== undefined && !existsSync(`/proc/${Number.parseInt(pid, 36)}`);
  };
  await sweep(client, isAbandoned, async (deletion) => {
    await deletion.catch(() => undefined);
  });
}

async function sweep(
  client: LxdClient,
  isOurs: (name: string) => boolean,
  ended: (deletion: Promise<unknown>) => Promise<unknown> = (deletion) => deletion,
): Promise<void> {
  const signal = patience();
  for (const name of (await client.instances.names(signal)).filter(isOurs)) {
    await ended(removeInstance(client, name, signal));
  }
  for (const { name } of await client.profiles.list(signal))
    if (isOurs(name)) await ended(client.profiles.delete(name, signal));
  for (const { name } of await client.networks.list(signal))
    if (isOurs(name)) await ended(client.networks.delete(name, signal));
  for (const { name } of await client.networkACLs.list(signal))
    if (isOurs(name)) await ended(client.networkACLs.delete(name, signal));
  for (const { fingerprint, properties } of await client.images.list(signal)) {
    if (isOurs(properties["label"] ?? "")) await ended(client.images.delete(fingerprint, signal));
  }
  for (const { name } of await client.storagePools.list(signal))
    if (isOurs(name)) await ended(client.storagePools.delete(name, signal));
}

/** Whatever its state; also where it is protected, as a template of runners is. */
async function removeInstance(client: LxdClient, name: string, signal: AbortSignal): Promise<void> {
  await client.instances.changeState(name, { action: "stop", force: true }, signal).catch(() => undefined);
  await client.instances.patch(name, { config: { "security.protection.delete": "false" } }, signal);
  await client.instances.delete(name, signal);
}

const INIT = `#!/bin/busybox sh
# Answers the signals by which LXC asks for a shutdown and a reboot; all else is a shell's.
/bin/busybox mkdir -p /tmp /root
trap 'exit 0' PWR TERM USR1 RTMIN+3
while :; do
  /bin/busybox sleep 3600 &
  wait $!
done
`;

const APPLETS =
  "sh cat echo sleep true false id env pwd yes head kill trap dd test ls stat printf mkdir nohup seq".split(
    " ",
  );

/** Packs a container image of busybox alone. Its label makes it differ from all others. */
export function packImage(label: string): { readonly path: string; readonly remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), PREFIX));
  const root = join(directory, "content", "rootfs");
  for (const name of ["bin", "sbin", "dev", "proc", "sys", "tmp", "root", "etc", "run", "var"]) {
    mkdirSync(join(root, name), { recursive: true });
  }
  copyFileSync(BUSYBOX, join(root, "bin/busybox"));
  for (const applet of APPLETS) symlinkSync("busybox", join(root, "bin", applet));
  writeFileSync(join(root, "sbin/init"), INIT);
  chmodSync(join(root, "sbin/init"), 0o755);
  writeFileSync(join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
  const described = Object.entries({ description: "busybox", label: `${PREFIX}-${label}` });
  writeFileSync(
    join(directory, "content", "metadata.yaml"),
    `architecture: x86_64\ncreation_date: 1700000000\nproperties:\n${described.map(([key, value]) => `  ${key}: "${value}"\n`).join("")}`,
  );
  const path = join(directory, "image.tar.gz");
  execFileSync("tar", [
    "-C",
    join(directory, "content"),
    "--owner=0",
    "--group=0",
    "-czf",
    path,
    "metadata.yaml",
    "rootfs",
  ]);
  return {
    path,
    remove: () => {
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, runProcess } from "charm-kit";
import { freePort } from "../support/free-port.ts";

export interface WholeMachineOptions {
  /** Holds the emulator, the disk and all else of the machine. */
  readonly directory: string;
  /** What the machine sees as `/repository`, which it cannot change. */
  readonly repository: string;
  readonly clock: Clock;
  /** Receives what commands on the machine print. */
  readonly write: (text: string) => void;
}

const BOOT_MS = 10 * 60_000;
const SCRIPT_MS = 60 * 60_000;
const PAUSE_MS = 2_000;
/** Degraded is enough: the emulator does not always give its shared directory back after a restart. */
const IS_BOOTED = "systemctl is-system-running --wait | grep -Eqx 'running|degraded'";
const MEMORY = "10G";
/** Without what makes page tables deeper and entries of the kernel longer, which costs most where two kernels are emulated. */
const CPU = "max,la57=off,smap=off,smep=off,umip=off,pku=off";
/** Protection from other programs on the machine is work at each exit of a virtual machine. */
const KERNEL = "root=/dev/vda rw console=ttyS0 quiet mitigations=off tsc=nowatchdog";

/** A whole Debian 12 in an emulator, with systemd as its first process and virtual machines of its own. */
export class WholeMachine {
  readonly #options: WholeMachineOptions;
  #emulator: ChildProcess | undefined;
  /** Port of this machine that leads to the whole machine's SSH. */
  #sshPort = 0;

  constructor(options: WholeMachineOptions) {
    this.#options = options;
  }

  /** Starts it, and waits until it has booted. @throws the signal's reason */
  async start(signal: AbortSignal): Promise<void> {
    const { directory } = this.#options;
    await mkdir(join(directory, "exchange"), { recursive: true });
    const log = await open(join(directory, "emulator.log"), "w");
    this.#sshPort = await freePort();
    const program = join(directory, "qemu/usr/bin/qemu-system-x86_64");
    // Whoever ends this process ends the machine too: an emulator left behind takes a processor and its memory for ever.
    const emulator = spawn("setpriv", ["--pdeathsig", "KILL", "--", program, ...this.#words()], {
      env: { ...process.env, LD_PRELOAD: join(directory, "interrupt-lock.so") },
      stdio: ["ignore", log.fd, log.fd],
    });
    this.#emulator = emulator;
    await log.close();
    await this.booted(signal);
  }

  /** Waits until the machine has booted: after a start, and after a reboot. */
  async booted(signal: AbortSignal): Promise<void> {
    for (;;) {
      this.#checkAlive();
      const command = ["ssh", ...this.#sshWords(IS_BOOTED)];
      const { exitCode } = await runProcess(command, {
        action: "reach the machine",
        limitMs: BOOT_MS,
        signal,
      });
      if (exitCode === 0) return;
      await this.#options.clock.wait(PAUSE_MS, signal);
    }
  }

  /**
   * Runs a shell script on the machine as root, and shows what it prints.
   *
   * @returns its exit code.
   */
  async run(script: string, signal: AbortSignal): Promise<number> {
    const { write } = this.#options;
    const child = spawn("ssh", this.#sshWords(script), { signal, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", write);
    const [code] = (await once(child, "close")) as [number | null];
    return code ?? 1;
  }

  /**
   * Runs a shell script on the machine as root.
   *
   * @returns what it prints.
   * @throws Error with its output when it fails.
   */
  async sh(script: string, signal: AbortSignal): Promise<string> {
    const { exitCode, stdout, stderr } = await runProcess(["ssh", ...this.#sshWords(`set -e; ${script}`)], {
      action: "run a script on the machine",
      limitMs: SCRIPT_MS,
      signal,
    });
    if (exitCode === 0) return stdout;
    throw new Error(`'${script}' ended with ${exitCode}: ${stdout}${stderr}`);
  }

  /** Restarts the machine as a person does, and waits until it has booted. */
  async reboot(signal: AbortSignal): Promise<void> {
    const id = "cat /proc/sys/kernel/random/boot_id";
    const before = await this.sh(id, signal);
    await this.sh("systemd-run --no-block --quiet systemctl reboot", signal);
    for (;;) {
      await this.booted(signal);
      // Until it goes down it answers as before.
      const after = await this.sh(id, signal).catch(() => before);
      if (after !== before) return;
      await this.#options.clock.wait(PAUSE_MS, signal);
    }
  }

  /** Cuts the power. */
  async cutPower(): Promise<void> {
    const emulator = this.#emulator;
    this.#emulator = undefined;
    if (emulator?.exitCode !== null) return;
    const ended = once(emulator, "exit");
    emulator.kill("SIGKILL");
    await ended;
  }

  #checkAlive(): void {
    const { directory } = this.#options;
    if (this.#emulator?.exitCode === null) return;
    throw new Error(`The emulator has ended; ${join(directory, "emulator.log")} says why`);
  }

  #sshWords(script: string): string[] {
    const settings = [
      "StrictHostKeyChecking=no",
      "UserKnownHostsFile=/dev/null",
      "LogLevel=ERROR",
      "ConnectTimeout=20",
      // A machine without power closes no connection.
      "ServerAliveInterval=60",
      "ServerAliveCountMax=10",
    ];
    return [
      ...["-i", join(this.#options.directory, "key"), "-p", String(this.#sshPort)],
      ...settings.flatMap((setting) => ["-o", setting]),
      ...["root@127.0.0.1", script],
    ];
  }

  #words(): string[] {
    const { directory, repository } = this.#options;
    const exchange = join(directory, "exchange");
    const firmware = ["usr/share/qemu", "usr/share/seabios"].map((path) => join(directory, "qemu", path));
    return [
      ...[...firmware, "/usr/share/seabios"]
        .filter((path) => existsSync(path))
        .flatMap((path) => ["-L", path]),
      ...[
        "-machine",
        "q35",
        "-accel",
        // One thread: with two, kernels of the machine were seen to end when a virtual machine starts in it.
        "tcg,thread=single,tb-size=1024",
        "-cpu",
        CPU,
        "-smp",
        "1",
        "-m",
        MEMORY,
      ],
      ...[
        "-nodefaults",
        "-vga",
        "none",
        "-display",
        "none",
        "-serial",
        `file:${join(directory, "console.log")}`,
      ],
      ...["-kernel", join(directory, "kernel"), "-initrd", join(directory, "initrd")],
      ...["-append", KERNEL],
      // What is lost with the power is what the machine's own system had not written.
      ...[
        "-drive",
        `file=${join(directory, "run.qcow2")},format=qcow2,if=virtio,cache=writeback,discard=unmap`,
      ],
      ...["-netdev", `user,id=network,hostfwd=tcp:127.0.0.1:${this.#sshPort}-:22`],
      ...["-device", "virtio-net-pci,netdev=network,romfile=", "-device", "virtio-rng-pci"],
      "-virtfs",
      `local,path=${repository},mount_tag=repository,security_model=none,readonly=on,multidevs=remap`,
      "-virtfs",
      `local,path=${exchange},mount_tag=exchange,security_model=none`,
    ];
  }
}

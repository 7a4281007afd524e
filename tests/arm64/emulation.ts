import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "charm-kit";

const FORMATS = "/proc/sys/fs/binfmt_misc";
const LIBRARIES = "/usr/aarch64-linux-gnu";
const EMULATOR = "/usr/bin/qemu-aarch64";
/** The head of an ELF program for arm64, and which of its bits count. */
const MAGIC = String.raw`\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00`;
const MASK = String.raw`\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff`;

/**
 * Has the kernel of this machine run programs for arm64 in QEMU's emulation of programs, also those that such a program
 * starts, whatever their environment is.
 */
export class Arm64Emulation implements Disposable {
  /** Path of the entry in the kernel's list. */
  readonly entry: string;

  /**
   * @param name of the entry in the kernel's list, which is deleted with this.
   * @param directory for the program that the kernel starts.
   * @throws Error where the kernel does not allow it.
   */
  constructor(name: string, directory: string) {
    this.entry = join(FORMATS, name);
    mkdirSync(directory, { recursive: true });
    const program = join(directory, "run-arm64");
    writeFileSync(program, `#!/bin/sh\nexec ${EMULATOR} -L ${LIBRARIES} "$@"\n`, { mode: 0o755 });
    try {
      if (!existsSync(join(FORMATS, "register")))
        execFileSync("mount", ["-t", "binfmt_misc", "none", FORMATS], { stdio: "pipe" });
      // One that a killed run has left.
      if (existsSync(this.entry)) writeFileSync(this.entry, "-1");
      writeFileSync(join(FORMATS, "register"), `:${name}:M::${MAGIC}:${MASK}:${program}:`);
    } catch (cause) {
      throw new Error(
        `Cannot run programs for arm64: it takes root, and a kernel with binfmt_misc; ${messageOf(cause)}`,
        {
          cause,
        },
      );
    }
  }

  [Symbol.dispose](): void {
    writeFileSync(this.entry, "-1");
  }
}

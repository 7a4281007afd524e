import { execFileSync } from "node:child_process";
import { BASE_IMAGE_ALIAS } from "../support/base-image/ensure-base-image.ts";

const LIMIT_MS = 540_000;

/**
 * A machine on the LXD of this machine, with systemd. It has no network: no registry, no mirror, nothing to download
 * from.
 */
export class AgentMachine implements Disposable {
  readonly name: string;

  /** @param name of the instance and its storage pool; nothing else has it. */
  constructor(name: string) {
    this.name = name;
    this.lxc("storage", "create", name, "dir");
    this.lxc("init", BASE_IMAGE_ALIAS, name, "--storage", name, "--no-profiles");
    this.lxc("start", name);
    // It has no network to wait for: the unit fails two minutes after each boot.
    this.awaited("systemctl mask --now systemd-networkd-wait-online.service 2>/dev/null");
    this.boot();
  }

  lxc(...words: readonly string[]): string {
    return execFileSync("lxc", words, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      timeout: LIMIT_MS,
    });
  }

  /** Runs a script as root. @throws Error when it fails. @returns its output. */
  sh(script: string): string {
    return this.lxc("exec", this.name, "--", "sh", "-ec", script);
  }

  /** Runs a script as root. @returns its exit code, and all its output. */
  attempt(script: string): { readonly code: number; readonly output: string } {
    const text = this.sh(
      `code=0; output=$(sh -ec '${script}' 2>&1) || code=$?; printf '%s %s' "$code" "$output"`,
    );
    const [code = ""] = text.split(" ", 1);
    return { code: Number(code), output: text.slice(code.length + 1) };
  }

  /** Copies a file, and lets all execute it. */
  push(path: string, target: string): void {
    this.lxc("file", "push", "--mode", "0755", path, `${this.name}${target}`);
  }

  /** Waits until a command succeeds. */
  awaited(condition: string): void {
    this.sh(`timeout 180 sh -c 'until ${condition}; do sleep 0.5; done'`);
  }

  /** Waits until systemd has started all of the machine, which makes files until then. */
  boot(): void {
    this.awaited("systemctl is-system-running --wait 2>/dev/null | grep -qx -e running -e degraded");
  }

  /** All files, a line each, but for those that come and go by themselves. */
  files(): string {
    return this.sh(
      "find / -xdev \\( -path /proc -o -path /sys -o -path /run -o -path /tmp \\) -prune -o -print | sort",
    );
  }

  [Symbol.dispose](): void {
    for (const words of [
      ["delete", "--force", this.name],
      ["storage", "delete", this.name],
    ]) {
      try {
        this.lxc(...words);
      } catch {
        // What was never made cannot be taken away.
      }
    }
  }
}

import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type RunProcess, removeFile, writeFileAtomically } from "charm-kit";
import type { HostPaths } from "./host-paths.ts";

/** A kernel module, and a path that exists when it is loaded or built in. */
interface KernelModule {
  readonly name: string;
  readonly sign: (paths: HostPaths) => string;
}

const LIMIT_MS = 30_000;
const FILTERS: KernelModule = {
  name: "br_netfilter",
  sign: ({ proc }) => join(proc, "sys/net/bridge"),
};
const SOCKETS_OF_MACHINES: KernelModule = {
  name: "vhost_vsock",
  sign: ({ dev }) => join(dev, "vhost-vsock"),
};

/**
 * Loads the kernel modules that runners need, now and at each boot. Later checks report a module that cannot be
 * loaded.
 */
export async function loadModules(
  paths: HostPaths,
  run: RunProcess,
  unit: { readonly slug: string; readonly virtualMachines: boolean },
  signal: AbortSignal,
): Promise<void> {
  const modules = unit.virtualMachines ? [FILTERS, SOCKETS_OF_MACHINES] : [FILTERS];
  for (const { name, sign } of modules) {
    if (!existsSync(sign(paths)))
      await run(["modprobe", name], { action: `load ${name}`, limitMs: LIMIT_MS, signal });
  }
  const path = modulesFile(paths, unit.slug);
  const text = `# Written by the GitHub runner charm for its unit ${unit.slug}; goes with the unit.\n${modules
    .map(({ name }) => `${name}\n`)
    .join("")}`;
  if ((await readFile(path, "utf8").catch(() => "")) === text) return;
  await mkdir(paths.modulesDirectory, { recursive: true });
  await writeFileAtomically(path, text, { mode: 0o644 });
}

/** Stops loading the modules for this unit at boot. They stay loaded, since others may use them. */
export async function forgetModules(paths: HostPaths, slug: string): Promise<void> {
  await removeFile(modulesFile(paths, slug));
}

function modulesFile({ modulesDirectory }: HostPaths, slug: string): string {
  return join(modulesDirectory, `github-runner-${slug}.conf`);
}

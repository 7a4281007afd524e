import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProcess } from "charm-kit";
import { renderService } from "juju-agent";
import type { Architecture } from "juju-charm/pack";
import type { ProductParts } from "../agent/products.ts";
import { writeProgramTree } from "../agent/program-tree.ts";

/** What a Debian package is made of. */
export interface DebianPackageOptions {
  readonly architecture: Architecture;
  readonly product: ProductParts;
  /** In Debian's order of versions. */
  readonly version: string;
  /** Seconds since the Unix epoch: the time of all files. */
  readonly epoch: number;
  /** Such as `A Person <person@example.com>`. */
  readonly maintainer: string;
  readonly homepage: string;
  /** Licences of all that is not ours. */
  readonly licences: string;
}

const TEMPLATES = join(import.meta.dirname, "debian");
/** A minute does, and an hour where other work has the processors. */
const LIMIT_MS = 60 * 60_000;
const NOT_INSTALLED = "dpkg-buildpackage is not installed; run bash scripts/release/install-tools.sh";

/**
 * Builds a Debian package of an agent with Debian's tools. Needs debhelper; any architecture builds on any.
 *
 * @returns absolute path of the package in `output`.
 * @throws Error with what dpkg-buildpackage has printed, and DeadlineError.
 */
export async function buildDebianPackage(
  root: string,
  output: string,
  options: DebianPackageOptions,
): Promise<string> {
  const { architecture, product, version } = options;
  const work = await mkdtemp(join(tmpdir(), "debian-package-"));
  try {
    const source = join(work, product.name);
    await writeSource(root, source, options);
    const words = [
      "--build=binary",
      "--unsigned-changes",
      "--no-check-builddeps",
      `--host-arch=${architecture}`,
    ];
    const env = {
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      LC_ALL: "C.UTF-8",
      SOURCE_DATE_EPOCH: String(options.epoch),
      DEB_BUILD_OPTIONS: "nocheck noautodbgsym parallel=1",
    };
    const { exitCode, startError, stderr } = await runProcess(["dpkg-buildpackage", ...words], {
      action: "build the Debian package",
      limitMs: LIMIT_MS,
      signal: new AbortController().signal,
      // It starts many programs, which would work on for nobody.
      hasOwnGroup: true,
      ...{ cwd: source, env },
    });
    if (startError === "ENOENT") throw new Error(`Cannot build the Debian package: ${NOT_INSTALLED}`);
    if (exitCode !== 0) throw new Error(`Cannot build the Debian package: ${stderr}`);
    const name = `${product.name}_${version}_${architecture}.deb`;
    await mkdir(output, { recursive: true });
    await copyFile(join(work, name), join(output, name));
    return join(output, name);
  } finally {
    await rm(work, { recursive: true });
  }
}

async function writeSource(root: string, source: string, options: DebianPackageOptions): Promise<void> {
  const { architecture, product, licences } = options;
  const { name } = product;
  await cp(TEMPLATES, join(source, "debian"), { recursive: true });
  for (const folder of ["program", "sbin", "doc"]) await mkdir(join(source, folder));
  await writeProgramTree(root, join(source, "program"), product, {
    architecture,
    isWhole: true,
    managedBy: "dpkg",
  });
  // Debian has them in /usr/share/doc.
  for (const file of ["LICENSE", "bin/LICENSE", "lib/LICENSES"]) await rm(join(source, "program", file));
  await writeFile(join(source, "doc/THIRD-PARTY-LICENCES"), licences);
  await writeFile(join(source, "sbin", name), renderStart(name), { mode: 0o755 });
  const { service, timer } = renderService(name, `/var/lib/${name}`, [`/usr/bin/${name}`]);
  for (const unit of [service, timer]) await writeFile(join(source, "debian", unit.name), unit.content);
  await writeFile(join(source, "debian/changelog"), renderChangelog(options));
  await chmod(join(source, "debian/rules"), 0o755);
  for (const file of ["control", "copyright"]) {
    const path = join(source, "debian", file);
    const text = await readFile(path, "utf8");
    await writeFile(
      path,
      text.replaceAll("@MAINTAINER@", options.maintainer).replaceAll("@HOMEPAGE@", options.homepage),
    );
  }
}

function renderStart(name: string): string {
  const directory = `/usr/lib/${name}`;
  return `#!/bin/sh
JUJU_AGENT_FILE=/usr/bin/${name} exec ${directory}/bin/node ${directory}/lib/main.mjs "$@"
`;
}

function renderChangelog({ product, version, maintainer, epoch, homepage }: DebianPackageOptions): string {
  const time = new Date(epoch * 1000).toUTCString().replace("GMT", "+0000");
  return `${product.name} (${version}) unstable; urgency=medium

  * Release notes: ${homepage}

 -- ${maintainer}  ${time}
`;
}

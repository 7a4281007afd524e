import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { RUNTIME_PACKAGES } from "../../src/pack/architecture.ts";

/** A project with a minimal charm and a fake runtime. */
export class SmallCharm {
  readonly directory = mkdtempSync(join(tmpdir(), "small-charm-"));

  constructor() {
    this.write(
      "charm.yaml",
      "name: small\nsummary: Small.\ndescription: Small.\nbases: [{name: ubuntu, channel: '24.04'}]\n",
    );
    this.write("src/main.ts", "console.log('small');\n");
    this.setPackage({});
    for (const name of Object.values(RUNTIME_PACKAGES)) this.installRuntime(name, "24.0.0");
  }

  /** Writes `package.json`, with settings under `charm`. */
  setPackage(settings: Readonly<Record<string, unknown>>): void {
    this.write("package.json", JSON.stringify({ type: "module", version: "1.2.3", charm: settings }));
  }

  /** Writes a file in the charm directory. */
  write(path: string, content: string, mode = 0o644): void {
    const target = join(this.directory, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content, { mode });
  }

  installRuntime(name: string, version: string): void {
    const directory = `node_modules/${name}`;
    this.write(`${directory}/package.json`, JSON.stringify({ name, version }));
    this.write(`${directory}/LICENSE`, "MIT\n");
    this.write(`${directory}/bin/node`, "#!/bin/sh\n", 0o755);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}

import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { build } from "esbuild";
import { CharmProcessError, PackedContext, State, UncaughtCharmError } from "../../src/testing/index.ts";
import { describeBackend } from "./behaviour.ts";
import { FILES } from "./behaviour-metadata.ts";
import { writeArchive } from "../../src/pack/write-archive.ts";

/** Runs the bundle with the runtime of the tests; a packed charm contains its own runtime. */
const DISPATCH = `#!/bin/sh\nexec ${process.execPath} "$JUJU_CHARM_DIR/main.mjs"\n`;

describe("PackedContext", function () {
  this.timeout(120_000);
  let directory: string;
  let archive: string;
  const opened: PackedContext[] = [];

  const open = async (options: Partial<Parameters<typeof PackedContext.open>[0]> = {}) => {
    const ctx = await PackedContext.open({ charm: archive, ...options });
    opened.push(ctx);
    return ctx;
  };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "packed-test-"));
    const { outputFiles } = await build({
      entryPoints: [join(import.meta.dirname, "main.ts")],
      bundle: true,
      format: "esm",
      platform: "node",
      keepNames: true,
      write: false,
      outfile: "main.mjs",
    });
    archive = join(directory, "probe.charm");
    const text = (content: string) => ({ bytes: Buffer.from(content) });
    await writeArchive(archive, [
      { path: "metadata.yaml", content: text(FILES.charm) },
      { path: "config.yaml", content: text(FILES.config) },
      { path: "actions.yaml", content: text(FILES.actions) },
      { path: "dispatch", content: text(DISPATCH), executable: true },
      { path: "main.mjs", content: { bytes: outputFiles[0]!.contents } },
    ]);
  });

  after(async () => {
    await Promise.all(opened.map((ctx) => ctx.close()));
    await rm(directory, { recursive: true, force: true });
  });

  describeBackend(open);

  /** Writes a charm with a shell script as `dispatch`. */
  const script = async (lines: string): Promise<string> => {
    const charm = await mkdtemp(join(directory, "script-"));
    await writeFile(join(charm, "metadata.yaml"), FILES.charm);
    await writeFile(join(charm, "dispatch"), `#!/bin/sh\n${lines}\n`);
    await chmod(join(charm, "dispatch"), 0o755);
    return charm;
  };

  it("runs a charm in any language from a directory, without environment variables of the test process", async () => {
    const ctx = await open({ charm: await script('status-set active "$HOME|$USER|$JUJU_HOOK_NAME"') });
    const out = await ctx.run(ctx.on.install(), new State());
    expect(out.unitStatus).to.deep.equal({ name: "active", message: "||install" });
  });

  it("reports the exit code and standard error of a failed charm", async () => {
    const ctx = await open({ charm: await script("state-set half=written; echo over >&2; exit 3") });
    const thrown: unknown = await ctx.run(ctx.on.install(), new State()).catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(UncaughtCharmError);
    const { cause, state } = thrown as UncaughtCharmError;
    expect(cause).to.be.instanceOf(CharmProcessError);
    expect(cause).to.include({ exitCode: 3, stderr: "over" });
    expect(state.serverState).to.deep.equal({});
    expect(ctx.jujuLog).to.deep.include({ level: "WARNING", message: "over" });
  });

  it("kills a charm at the time limit", async () => {
    const ctx = await open({ charm: await script("sleep 60"), limitMs: 100 });
    const thrown: unknown = await ctx.run(ctx.on.install(), new State()).catch((error: unknown) => error);
    expect(thrown).to.include({ code: "deadline" });
  });
});

import { expect } from "chai";
import { lstat, mkdtemp, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readCharmArchive } from "../../src/charm/charm-archive.ts";
import { unpackCharmArchive } from "juju-hook-tools";
import { assertRunsOn } from "../../src/charm/charm-definition.ts";
import { rejection } from "../../../../tests/support/rejection.ts";
import { METADATA, NEVER, packCharm, type ArchiveFile } from "../tiny-charm.ts";

type Files = Readonly<Record<string, ArchiveFile | undefined>>;

const LINK = 0o120777;

describe("a charm archive", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "agent-archive-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const pack = (files: Files) => packCharm(join(directory, "a.charm"), "true", files);
  const unpack = async (files: Files) =>
    unpackCharmArchive(await pack(files), join(directory, "charm"), NEVER);

  const refused: readonly (readonly [title: string, files: Files, message: RegExp])[] = [
    ["without metadata.yaml", { "metadata.yaml": undefined }, /metadata.yaml: not found/],
    ["without summary", { "metadata.yaml": "name: tiny\ndescription: x\n" }, /summary: expected string/],
    [
      "with a bad name",
      { "metadata.yaml": "name: foo-1\nsummary: x\ndescription: x\n" },
      /name "foo-1" is not valid/,
    ],
    ["with series and bases", { "metadata.yaml": `${METADATA}series: [jammy]\n` }, /ambiguous metadata/],
    ["that is not YAML", { "metadata.yaml": "name: [" }, /Cannot read metadata.yaml/],
    ["without manifest.yaml", { "manifest.yaml": undefined }, /charm does not define any bases/],
    ["without bases", { "manifest.yaml": "bases: []\n" }, /charm does not define any bases/],
    ["with a base without channel", { "manifest.yaml": "bases: [{name: ubuntu}]\n" }, /base without channel/],
    ["without dispatch", { dispatch: undefined, "bin/dispatch": "" }, /has no dispatch file at its root/],
    ["with a dispatch that is not executable", { dispatch: "#!/bin/sh\n" }, /dispatch is not executable/],
    ["with a pipe", { pipe: { text: "", mode: 0o010644 } }, /"pipe" is neither file, directory nor symlink/],
  ];
  for (const [title, files, message] of refused) {
    it(`is refused ${title}`, async () => {
      expect((await rejection(readCharmArchive(await pack(files), NEVER))).message).to.match(message);
    });
  }

  it("is refused when it is not a zip file", async () => {
    const path = join(directory, "text.charm");
    await writeFile(path, "no zip at all, but long enough to look for its end");
    expect(await rejection(readCharmArchive(path, NEVER))).to.include({ code: "charm-archive" });
  });

  it("is refused when an entry's path leaves the charm directory", async () => {
    const path = await pack({ "xx/escape": "text" });
    const bytes = await readFile(path);
    for (let at = bytes.indexOf("xx/escape"); at >= 0; at = bytes.indexOf("xx/escape"))
      bytes.write("../escape", at);
    await writeFile(path, bytes);
    expect((await rejection(readCharmArchive(path, NEVER))).message).to.match(
      /invalid relative path: \.\.\/escape/,
    );
  });

  it("is refused on a machine of another architecture", async () => {
    const manifest = "bases: [{name: ubuntu, channel: '22.04', architectures: [arm64]}]\n";
    const definition = await readCharmArchive(await pack({ "manifest.yaml": manifest }), NEVER);
    expect(() => {
      assertRunsOn(definition, "amd64");
    }).to.throw("it is built for arm64 and this machine is amd64");
  });

  it("is unpacked with Juju's two file modes and with links inside the charm", async () => {
    await unpack({
      "bin/tool": { text: "x", mode: 0o100700 },
      "data/private": { text: "x", mode: 0o100600 },
      "data/link": { text: "../bin/tool", mode: LINK },
    });
    const mode = async (name: string) => (await lstat(join(directory, "charm", name))).mode & 0o7777;
    expect(await mode("bin/tool")).to.equal(0o755);
    expect(await mode("data/private")).to.equal(0o644);
    expect(await readlink(join(directory, "charm/data/link"))).to.equal("../bin/tool");
  });

  const escapes: readonly (readonly [title: string, files: Files])[] = [
    ["to an absolute path", { link: { text: "/etc/passwd", mode: LINK } }],
    ["to a path above the charm", { "a/link": { text: "../../x", mode: LINK } }],
    [
      "to a path above the charm through another link",
      { "d/up": { text: "..", mode: LINK }, out: { text: "d/up/..", mode: LINK } },
    ],
  ];
  for (const [title, files] of escapes) {
    it(`is refused with a link ${title}`, async () => {
      expect((await rejection(unpack(files))).message).to.match(/links out of charm/);
    });
  }
});

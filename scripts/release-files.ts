/** `npm run release:files`: makes a directory with all files of a release; tags the commit, and signs, when asked to. */
import { basename, join, relative } from "node:path";
import { npmCommand } from "./npm-command.ts";
import { runScript } from "./packages/run-script.ts";
import { buildRelease } from "./release/build-release.ts";
import { tagCommit, tagOfVersion } from "./release/release-version.ts";
import { findPublicKey, KEYS, readSigningKey, signFile } from "./release/signing-key.ts";

const ROOT = join(import.meta.dirname, "..");
const PUBLIC_KEYS = join(ROOT, KEYS);

interface Words {
  readonly output: string;
  readonly tag: boolean;
  readonly signWith?: string;
  readonly passphraseFile?: string;
}

const words = npmCommand(
  "release:files",
  "Makes a directory with the archives, agents, Debian packages, bill of materials, licences, notes and checksums.",
)
  .option("--output <directory>", "where the directory of the version is made", join(ROOT, "dist/release"))
  .option("--tag", "first tag the commit as this version", false)
  .option("--sign-with <file>", `sign the checksums with this key, whose public key is in ${KEYS}`)
  .option("--passphrase-file <file>", "file with the key's passphrase")
  .parse()
  .opts<Words>();

await runScript(async () => {
  const { output, tag, signWith: path, passphraseFile } = words;
  // First, because it fails for a wrong passphrase, and for a key that nobody could verify with.
  const key =
    path === undefined
      ? undefined
      : await readSigningKey({ path, ...(passphraseFile === undefined ? {} : { passphraseFile }) });
  if (key !== undefined) await findPublicKey(key, PUBLIC_KEYS);
  if (tag) await tagCommit(ROOT);
  const { directory, version, checksums } = await buildRelease(ROOT, {
    output,
    say: (line) => {
      console.log(line);
    },
  });
  if (key !== undefined) {
    const comment = { timestamp: version.epoch, release: `github-runner ${version.name}` };
    const signer = await signFile(checksums, { key, keys: PUBLIC_KEYS }, comment);
    console.log(`${basename(checksums)}.minisig by ${signer}`);
  }
  console.log(`${relative(process.cwd(), directory)} is ready`);
  if (!version.isTagged) console.log(`It is a snapshot: the commit is not ${tagOfVersion(version.number)}`);
  if (key === undefined) console.log("It is not signed: give --sign-with");
});

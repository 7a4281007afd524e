/** `npm run release:key -- FILE`: prints the public key of a private key, as minisign reads it. */
import { npmCommand } from "./npm-command.ts";
import { runScript } from "./packages/run-script.ts";
import { renderPublicKey } from "./release/minisign.ts";
import { readSigningKey } from "./release/signing-key.ts";

const command = npmCommand("release:key", "Prints the public key of a private key, as minisign reads it.")
  .argument("<file>", "private Ed25519 key in PEM")
  .option("--passphrase-file <file>", "file with the key's passphrase")
  .parse();

await runScript(async () => {
  const [path = ""] = command.args;
  const { passphraseFile } = command.opts<{ readonly passphraseFile?: string }>();
  const key = await readSigningKey({ path, ...(passphraseFile === undefined ? {} : { passphraseFile }) });
  process.stdout.write(renderPublicKey(key));
});

import { spawnSync } from "node:child_process";
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { renderPublicKey, signContent } from "../../../scripts/release/minisign.ts";
import { readSigningKey, signFile } from "../../../scripts/release/signing-key.ts";
import { useTemporaryDirectory } from "../../support/temporary-directory.ts";

/** A key that signs nothing else: RFC 8032, section 7.1, test 1. */
const SEED = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const PUBLIC = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
const PKCS8_HEAD = "302e020100300506032b657004220420";

const key = createPrivateKey({
  key: Buffer.from(PKCS8_HEAD + SEED, "hex"),
  format: "der",
  type: "pkcs8",
});
const comment = { file: "SHA256SUMS", timestamp: 1_790_000_000, release: "github-runner 0.2.0" };
const content = Buffer.from("abc\n");

describe("renderPublicKey()", () => {
  it("gives minisign's mark, an ID and the key, with the ID as a number in the comment", () => {
    const [first = "", second = "", ...rest] = renderPublicKey(key).split("\n");
    const bytes = Buffer.from(second, "base64");
    expect(bytes.subarray(0, 2).toString()).to.equal("Ed");
    expect(bytes.subarray(10).toString("hex")).to.equal(PUBLIC);
    const id = Buffer.from(bytes.subarray(2, 10)).reverse().toString("hex").toUpperCase();
    expect(first).to.equal(`untrusted comment: minisign public key ${id}`);
    expect(rest).to.deep.equal([""]);
  });

  it("is the same for the public half of a key", () => {
    expect(renderPublicKey(createPublicKey(key))).to.equal(renderPublicKey(key));
  });

  it("refuses a key of another kind", () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    expect(() => renderPublicKey(privateKey)).to.throw("a key of the kind ec: it must be Ed25519");
  });
});

describe("signContent()", () => {
  const parts = (text: string) => {
    const [, signature = "", trusted = "", whole = ""] = text.split("\n");
    return {
      signature: Buffer.from(signature, "base64"),
      trusted: trusted.replace("trusted comment: ", ""),
      whole: Buffer.from(whole, "base64"),
    };
  };

  it("signs the BLAKE2b digest of the content, and the signature together with the comment", () => {
    const { signature, trusted, whole } = parts(signContent(content, key, comment));
    expect(signature.subarray(0, 2).toString()).to.equal("ED");
    const digest = createHash("blake2b512").update(content).digest();
    const own = signature.subarray(10);
    expect(verify(null, digest, createPublicKey(key), own)).to.be.true;
    expect(verify(null, Buffer.concat([own, Buffer.from(trusted)]), createPublicKey(key), whole)).to.be.true;
    expect(trusted).to.equal("timestamp:1790000000\tfile:SHA256SUMS\thashed\trelease:github-runner 0.2.0");
  });

  it("names the key of the public key's file", () => {
    const { signature } = parts(signContent(content, key, comment));
    const [, own = ""] = renderPublicKey(key).split("\n");
    expect(signature.subarray(2, 10)).to.deep.equal(Buffer.from(own, "base64").subarray(2, 10));
  });

  it("always gives the same text for the same content and comment", () => {
    expect(signContent(content, key, comment)).to.equal(signContent(content, key, comment));
  });
});

describe("signFile()", () => {
  const directory = useTemporaryDirectory();
  let path: string;
  let keys: string;
  beforeEach(() => {
    path = join(directory.path, "SHA256SUMS");
    keys = join(directory.path, "keys");
    mkdirSync(keys);
    writeFileSync(path, content);
    writeFileSync(join(keys, "2025.pub"), renderPublicKey(generateKeyPairSync("ed25519").publicKey));
  });

  it("signs with a key of the maintainers, and says which", async () => {
    writeFileSync(join(keys, "2026.pub"), renderPublicKey(key));
    expect(await signFile(path, { key, keys }, comment)).to.equal("2026.pub");
    expect(readFileSync(`${path}.minisig`, "utf8")).to.equal(signContent(content, key, comment));
  });

  it("refuses a key whose public half the repository does not have, and writes no signature", async () => {
    const failure = await signFile(path, { key, keys }, comment).catch((thrown: unknown) => thrown);
    expect(String(failure)).to.include(
      "Cannot sign with this key: no file in release/keys has the public key",
    );
    expect(existsSync(`${path}.minisig`)).to.be.false;
  });

  const reason =
    spawnSync("minisign", ["-v"]).error === undefined ? "" : " (skipped: minisign is not installed)";
  (reason === "" ? it : it.skip)(
    `makes what Debian's minisign verifies, and refuses when it is changed${reason}`,
    async () => {
      writeFileSync(join(keys, "2026.pub"), renderPublicKey(key));
      await signFile(path, { key, keys }, comment);
      const minisign = (...words: readonly string[]) =>
        spawnSync("minisign", ["-Vm", path, ...words], { encoding: "utf8" });
      const good = minisign("-p", join(keys, "2026.pub"));
      expect(good.stderr + good.stdout).to.include("Signature and comment signature verified");
      expect(good.status).to.equal(0);
      expect(minisign("-p", join(keys, "2025.pub")).status).to.equal(1);
      const signature = readFileSync(`${path}.minisig`, "utf8");
      writeFileSync(`${path}.minisig`, signature.replace("0.2.0", "0.2.1"));
      expect(minisign("-p", join(keys, "2026.pub")).status).to.equal(1);
      writeFileSync(`${path}.minisig`, signature);
      writeFileSync(path, "abd\n");
      expect(minisign("-p", join(keys, "2026.pub")).status).to.equal(1);
    },
  );
});

describe("readSigningKey()", () => {
  const directory = useTemporaryDirectory();
  let path: string;
  let passphraseFile: string;
  beforeEach(() => {
    path = join(directory.path, "key.pem");
    passphraseFile = join(directory.path, "passphrase");
    writeFileSync(passphraseFile, "open sesame\nnot this line\n");
  });
  const keep = (passphrase?: string) => {
    const encrypted = passphrase === undefined ? {} : { cipher: "aes-256-cbc", passphrase };
    writeFileSync(path, key.export({ type: "pkcs8", format: "pem", ...encrypted }));
  };

  it("reads a key without and with a passphrase", async () => {
    keep();
    expect((await readSigningKey({ path })).equals(key)).to.be.true;
    keep("open sesame");
    expect((await readSigningKey({ path, passphraseFile })).equals(key)).to.be.true;
  });

  it("says what is missing or wrong, and never shows the passphrase", async () => {
    keep("another");
    const failure = (options: Parameters<typeof readSigningKey>[0]) =>
      readSigningKey(options).then(String, String);
    expect(await failure({ path })).to.equal(
      `Error: Cannot read ${path}: it has a passphrase; give --passphrase-file`,
    );
    expect(await failure({ path, passphraseFile })).to.equal(
      `Error: Cannot read ${path}: it is no private key in PEM, or has another passphrase`,
    );
  });
});

import { expect } from "chai";
import { generateKeyPairSync } from "node:crypto";
import { ConfigurationError } from "../../src/charm/configuration-faults.ts";
import type { CredentialSource } from "../../src/charm/options/credential-source.ts";
import { readCredentials, type SecretsOfModel } from "../../src/charm/read-credentials.ts";
import { HookToolError } from "juju-charm";
import { Redactor, Secret } from "charm-kit";
import { SECRET_ID, TOKEN } from "./least-options.ts";

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
});
const ELLIPTIC = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
}).privateKey;

const FROM_SECRET: CredentialSource = { by: "token-secret", secretId: SECRET_ID };
const FROM_APP: CredentialSource = {
  by: "app",
  clientId: "Iv23liAbCdEf",
  installationId: 4711,
  keySecretId: SECRET_ID,
};

/** A model with one secret. */
function holding(fields: Readonly<Record<string, string>> | Error): SecretsOfModel {
  return {
    secret: (id) => ({
      refresh: () => {
        expect(id).to.equal(SECRET_ID);
        if (fields instanceof Error) return Promise.reject(fields);
        const content = Object.entries(fields).map(([key, value]) => [key, new Secret(value)] as const);
        return Promise.resolve(Object.fromEntries(content));
      },
    }),
  };
}

async function messageFor(source: CredentialSource, secrets: SecretsOfModel): Promise<string> {
  try {
    await readCredentials(source, secrets, () => undefined);
  } catch (thrown) {
    if (thrown instanceof ConfigurationError) return thrown.message;
    throw thrown;
  }
  throw new Error("The credentials were accepted");
}

describe("readCredentials()", () => {
  it("returns the token of the option unchanged", async () => {
    const token = new Secret(TOKEN);
    const source = { by: "token", token } as const;
    expect(await readCredentials(source, holding(new Error("read")), () => undefined)).to.equal(source);
  });

  it("returns the token in a secret's field without the trailing line break", async () => {
    const credentials = await readCredentials(
      FROM_SECRET,
      holding({ "github-token": `${TOKEN}\n` }),
      () => undefined,
    );
    expect(credentials.by === "token" && credentials.token.reveal()).to.equal(TOKEN);
  });

  for (const [form, key] of [
    ["as GitHub makes it", privateKey],
    ["with its line breaks written out", privateKey.replaceAll("\n", "\\n")],
  ] as const) {
    it(`normalises the private key of a GitHub App ${form}`, async () => {
      const credentials = await readCredentials(FROM_APP, holding({ "private-key": key }), () => undefined);
      expect(credentials).to.deep.include({ by: "app", clientId: "Iv23liAbCdEf", installationId: 4711 });
      expect(credentials.by === "app" && credentials.privateKey.reveal()).to.match(
        /^-----BEGIN PRIVATE KEY-----\n/,
      );
    });
  }

  it("adds all values of a secret to the redactor, a key line by line", async () => {
    const redactor = new Redactor();
    const secrets = holding({ "private-key": privateKey, other: "another-value" });
    const credentials = await readCredentials(FROM_APP, secrets, (value) => {
      redactor.add(value);
    });
    const read = credentials.by === "app" ? credentials.privateKey.reveal() : "";
    for (const line of [...privateKey.split("\n"), ...read.split("\n")].filter((text) => text.length > 40)) {
      expect(redactor.scrub(`a ${line} b`)).to.equal("a [redacted] b");
    }
    expect(redactor.scrub("another-value")).to.equal("[redacted]");
  });

  it("rejects a key that is not RSA", async () => {
    const told = await messageFor(FROM_APP, holding({ "private-key": ELLIPTIC }));
    expect(told).to.match(/is not an RSA private key in PEM format/);
  });

  it("rejects a secret that Juju does not give, with Juju's text", async () => {
    for (const stderr of [
      'ERROR secret "d0q" revision 2 has been removed',
      "ERROR something that nobody has seen",
      "x".repeat(5000),
    ]) {
      const failure = new HookToolError("secret-get", { exitCode: 1, stderr });
      const told = await messageFor(FROM_SECRET, holding(failure));
      expect(told).to.contain(stderr.slice(0, 200)).and.to.contain("granted to the application");
      expect(told.length).to.be.lessThan(600);
    }
  });

  it("rethrows errors that are none of Juju", async () => {
    const failure = new Error("out of memory");
    const outcome = await readCredentials(FROM_SECRET, holding(failure), () => undefined).catch(
      (thrown: unknown) => thrown,
    );
    expect(outcome).to.equal(failure);
  });
});

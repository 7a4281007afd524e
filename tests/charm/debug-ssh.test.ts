import { expect } from "chai";
import { DebugSshError, parseDebugSsh } from "../../src/charm/debug-ssh.ts";
import { drawOne } from "../../src/unit/integrations.ts";
import { statusOf } from "../../src/charm/status.ts";

const shared = {
  host: "10.1.2.3",
  port: "10022",
  rsa_fingerprint: "SHA256:rsa+/=",
  ed25519_fingerprint: "SHA256:ed25519",
  "private-address": "10.1.2.3",
};

describe("parseDebugSsh()", () => {
  it("parses a complete host", () => {
    expect(parseDebugSsh("tmate/0", shared)).to.deep.equal({
      host: {
        host: "10.1.2.3",
        port: 10_022,
        rsaFingerprint: "SHA256:rsa+/=",
        ed25519Fingerprint: "SHA256:ed25519",
      },
    });
  });

  it("names the missing fields of a unit", () => {
    expect(parseDebugSsh("tmate/0", { ...shared, host: " ", port: "" })).to.deep.equal({
      missing: ["host", "port"],
    });
    expect(parseDebugSsh("tmate/0", {})).to.have.property("missing").with.lengthOf(4);
  });

  const bad = [
    ["host", "tmate.example.com", "an IP address"],
    ["host", "10.1.2.3\nLD_PRELOAD=/tmp/x", "an IP address"],
    ["host", "fe80::1%eth0", "an IP address"],
    ["port", "0", "a number from 1 to 65535"],
    ["port", "65536", "a number from 1 to 65535"],
    ["port", "1e3", "a number from 1 to 65535"],
    ["rsa_fingerprint", "MD5:00", "SHA256: and a digest"],
    ["ed25519_fingerprint", "SHA256:a b", "SHA256: and a digest"],
  ] as const;
  for (const [field, value, accepted] of bad) {
    it(`refuses the ${field} ${JSON.stringify(value)}`, () => {
      const parse = () => {
        parseDebugSsh("tmate/0", { ...shared, [field]: value });
      };
      const message = `Cannot use the relation debug-ssh: tmate/0 shares a ${field} that is not ${accepted}; correct it there, or remove the relation`;
      expect(parse).to.throw(DebugSshError).with.property("message", message);
    });
  }

  it("has the status text that Canonical's charm uses", () => {
    const status = statusOf(new DebugSshError("tmate/0", "port", "a number from 1 to 65535"));
    expect(status).to.deep.equal({
      name: "blocked",
      message:
        "Invalid SSH debug information: tmate/0 shares a port that is not a number from 1 to 65535; correct it there, or remove the relation",
    });
  });
});

describe("drawOne()", () => {
  it("picks each of several items, and undefined from an empty list", () => {
    const drawn = ["00000000", "00000001", "00000002"].map((entropy) => drawOne(["a", "b", "c"], entropy));
    expect(drawn).to.deep.equal(["a", "b", "c"]);
    expect(drawOne<string>([], "12345678")).to.equal(undefined);
  });
});

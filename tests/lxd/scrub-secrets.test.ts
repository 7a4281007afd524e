import { createHash } from "node:crypto";
import { expect } from "chai";
import { scrubSecrets } from "../../src/lxd/scrub-secrets.ts";

const JSON_TEXT = Buffer.from(JSON.stringify({ ".runner": "e30=", more: "x".repeat(60) })).toString("base64");

describe("scrubSecrets()", () => {
  const secrets: readonly (readonly [string, string, string])[] = [
    ["a just-in-time configuration", `run.sh --jitconfig ${JSON_TEXT} now`, JSON_TEXT],
    ["the start of one that was cut", `x ${JSON_TEXT.slice(0, 50)}`, JSON_TEXT.slice(0, 50)],
    ["a JSON web token", "got eyJhbGciOiJSUzI1NiIsInR5cCI6.eyJpc3MiOiJtZSJ9.c2lnbmF0dXJl.", "c2lnbmF0dXJl"],
    ["a token of GitHub", "using ghs_0123456789abcdefghijABCDEFGHIJ012345", "ghs_0123"],
    [
      "a token of GitHub that holds a JSON web token",
      "using ghs_123456_eyJhbGciOiJSUzI1NiIsInR5cCI6.eyJpc3MiOiJtZSJ9.c2lnbmF0dXJl",
      "c2lnbmF0dXJl",
    ],
    ["a fine-grained token", "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz", "11ABCDEFG0"],
    ["an assignment in an environment", "ACTIONS_RUNNER_INPUT_TOKEN=AABBCCDD1122", "AABBCCDD1122"],
    ["a header", "> Authorization: Bearer abcdefgh", "abcdefgh"],
    ["a field of JSON", '{"password": "correct horse"}', "correct"],
    ["a password in an address", "http://user:pa55word@proxy:3128/", "pa55word"],
    [
      "a private key",
      "a\n-----BEGIN RSA PRIVATE KEY-----\nNov 29 host x: c2hvcnQ=\n-----END RSA PRIVATE KEY-----\nb",
      "c2hvcnQ=",
    ],
    ["a private key that is cut short", "-----BEGIN PRIVATE KEY-----\nc2hvcnQ=", "c2hvcnQ="],
  ];
  for (const [title, text, secret] of secrets) {
    it(`removes ${title}`, () => {
      expect(scrubSecrets(text)).to.include("[redacted]").and.not.include(secret);
    });
  }

  it("removes every line of a wrapped random key", () => {
    for (let round = 0; round < 200; round++) {
      const key = Array.from({ length: 5 }, (_, part) =>
        createHash("sha512").update(`${round} ${part}`).digest(),
      );
      const lines =
        Buffer.concat(key)
          .toString("base64")
          .match(/.{60,76}/g) ?? [];
      const scrubbed = scrubSecrets(lines.map((line) => `Nov 29 host program[1]: ${line}`).join("\n"));
      for (const line of lines) expect(scrubbed).not.to.include(line);
    }
  });

  for (const text of [
    "2026-11-29T06:00:00+0000 host systemd[1]: Started github-runner.service - GitHub Actions runner.",
    `sha256:${"0123456789abcdef".repeat(4)}`,
    "/home/ubuntu/github-runner/_work/_actions/actions/checkout/v4/dist/index.js:12",
    "https://github.com/acme/widgets/actions/runs/12345",
    "The token was refused",
    "[31mcolours[0m and ümläuts",
  ]) {
    it(`leaves ${JSON.stringify(text.slice(0, 40))} as it is`, () => {
      expect(scrubSecrets(text)).to.equal(text);
    });
  }

  for (const piece of ["a", "ey", "token", "-", "-----BEGIN ", "a:", "x://", "aA0", "password= "]) {
    it(`takes time in proportion to a long text of ${JSON.stringify(piece)}`, () => {
      const took = (bytes: number) => {
        const text = piece.repeat(bytes / piece.length);
        const startedAt = performance.now();
        scrubSecrets(text);
        return performance.now() - startedAt;
      };
      took(2 ** 16);
      const [small, large] = [took(2 ** 17), took(2 ** 20)];
      // Eight times the text: a quadratic form would take 64 times as long.
      expect(large).to.be.below(30 * Math.max(small, 10));
    });
  }
});

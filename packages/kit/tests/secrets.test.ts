import { format, inspect } from "node:util";
import { expect } from "chai";
import fc from "fast-check";
import { Redactor } from "../src/redactor.ts";
import { Secret } from "../src/secret.ts";

describe("Secret", () => {
  const secret = new Secret("hunter2-hunter2");

  it("reveals its value when it is asked to", () => {
    expect(secret.reveal()).to.equal("hunter2-hunter2");
  });

  const ways: readonly (readonly [string, () => string])[] = [
    ["as a string", () => String(secret)],
    ["in a template", () => `a ${secret as unknown as string} b`],
    ["as JSON", () => JSON.stringify({ secret, list: [secret] })],
    ["inspected", () => inspect(secret, { showHidden: true, depth: 9 })],
    ["inspected within something", () => inspect({ deep: { er: [secret] } }, { showHidden: true, depth: 9 })],
    ["formatted", () => format("%s %o %O %j", secret, secret, secret, secret)],
    ["joined", () => [secret].join()],
    ["in an error's message", () => new Error(String(secret)).stack ?? ""],
  ];
  for (const [title, print] of ways) {
    it(`prints as [redacted] ${title}`, () => {
      expect(print()).to.contain("[redacted]").and.not.contain("hunter2");
    });
  }

  it("shows its value in no property", () => {
    expect(Object.getOwnPropertyNames(secret)).to.deep.equal([]);
    expect(structuredClone(secret)).to.deep.equal({});
  });
});

describe("Redactor", () => {
  function redactorOf(...values: readonly string[]): Redactor {
    const redactor = new Redactor();
    for (const value of values) redactor.add(value);
    return redactor;
  }

  it("removes each occurrence of each value", () => {
    expect(
      redactorOf("first-secret", "other-secret").scrub("first-secret, other-secret, first-secret"),
    ).to.equal("[redacted], [redacted], [redacted]");
  });

  it("leaves text without secrets as it is", () => {
    expect(redactorOf("first-secret").scrub("nothing here\n")).to.equal("nothing here\n");
  });

  it("hides a value until a day after its end, and no longer", () => {
    let now = 1000;
    const redactor = new Redactor({ now: () => now });
    redactor.add("short-lived", 5000);
    redactor.add("long-lived");
    now = 5000 + 86_399_999;
    redactor.add("another-one");
    expect(redactor.scrub("short-lived long-lived")).to.equal("[redacted] [redacted]");
    now += 1;
    redactor.add("a-third-one");
    expect(redactor.scrub("short-lived long-lived")).to.equal("short-lived [redacted]");
  });

  it("hides a value that is added again for as long as the longest of both says", () => {
    let now = 0;
    const redactor = new Redactor({ now: () => now });
    redactor.add("the-value", 1000);
    redactor.add("the-value");
    redactor.add("the-value", 2000);
    now = 1e12;
    redactor.add("another-one");
    expect(redactor.scrub("the-value")).to.equal("[redacted]");
  });

  it("hides a value until it is told its end, in all forms", () => {
    let now = 0;
    const value = "a/b+c d-of-a-secret";
    const redactor = new Redactor({ now: () => now });
    redactor.add(value);
    redactor.expire(value, 10);
    expect(redactor.scrub(encodeURIComponent(value))).to.equal("[redacted]");
    now = 10;
    redactor.add("another-one");
    expect(redactor.scrub(`${value} ${encodeURIComponent(value)}`)).not.to.include("[redacted]");
    redactor.add(value);
    redactor.expire(value, now);
    expect(redactor.scrub(Buffer.from(value).toString("base64"))).not.to.include("[redacted]");
  });

  it("removes a value wherever it is encoded", () => {
    const value = 'a "quoted" value/with\nlines+ü';
    const text = [
      JSON.stringify({ value }),
      `https://host/?q=${encodeURIComponent(value)}`,
      Buffer.from(value).toString("base64"),
    ].join(" ");
    expect(redactorOf(value).scrub(text)).to.equal(
      '{"value":"[redacted]"} https://host/?q=[redacted] [redacted]',
    );
  });

  it("removes a value that is no well-formed text, which has no form in a URL", () => {
    const value = "secret \ud800";
    const redactor = new Redactor();
    redactor.add(value);
    expect(
      redactor.scrub(`as it is ${value}, as it is sent ${Buffer.from(value).toString("base64")}`),
    ).to.equal("as it is [redacted], as it is sent [redacted]");
  });

  it("removes the longer of two values that begin alike as a whole", () => {
    expect(redactorOf("secret", "secret-and-more").scrub("secret-and-more")).to.equal("[redacted]");
  });

  it("takes a value as it is, and not as a pattern", () => {
    expect(redactorOf("a.c$&(.*)").scrub("abc$&(.*) a.c$&(.*)")).to.equal("abc$&(.*) [redacted]");
  });

  it("ignores values under six characters, which would garble ordinary text", () => {
    expect(redactorOf("", "a", "token").scrub("a token")).to.equal("a token");
    expect(redactorOf("tokens").scrub("a tokens")).to.equal("a [redacted]");
  });

  it("lets no value through, in any text", () => {
    const word = fc.stringMatching(/^[A-Za-z0-9+/="\\ ]{6,30}$/);
    const text = fc.array(fc.oneof(word, fc.string()), { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), text, text, (values, before, after) => {
        const scrubbed = redactorOf(...values).scrub([...before, ...values, ...after].join("|"));
        for (const value of values) expect(scrubbed).to.not.contain(value);
      }),
    );
  });
});

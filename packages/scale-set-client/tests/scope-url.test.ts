import { expect } from "chai";
import { ScaleSetUrlError } from "../src/index.ts";
import { parseScopeUrl } from "../src/scope-url.ts";

describe("parseScopeUrl()", () => {
  for (const [text, apiUrl, path] of [
    ["https://github.com/octo", "https://api.github.com", "/orgs/octo"],
    ["https://github.com/octo/hello/", "https://api.github.com", "/repos/octo/hello"],
    ["https://www.github.com/octo", "https://api.github.com", "/orgs/octo"],
    ["https://github.com/enterprises/acme", "https://api.github.com", "/enterprises/acme"],
    ["https://acme.ghe.com/octo", "https://api.acme.ghe.com", "/orgs/octo"],
    ["https://github.example.com/octo", "https://github.example.com/api/v3", "/orgs/octo"],
    ["http://127.0.0.1:8080/octo/hello", "http://127.0.0.1:8080/api/v3", "/repos/octo/hello"],
  ] as const) {
    it(`finds the API of ${text}`, () => {
      expect(parseScopeUrl(text)).to.deep.equal({ url: text.replace(/\/$/, ""), apiUrl, path });
    });
  }

  for (const text of [
    "",
    "octo",
    "https://github.com",
    "https://github.com/a/b/c",
    "ftp://github.com/octo",
  ]) {
    it(`refuses '${text}'`, () => {
      expect(() => parseScopeUrl(text)).to.throw(ScaleSetUrlError);
    });
  }

  it("does not repeat a password of an address", () => {
    expect(() => parseScopeUrl("https://me:hunter2@github.com/octo"))
      .to.throw(ScaleSetUrlError)
      .with.property("message")
      .that.does.not.contain("hunter2");
  });
});

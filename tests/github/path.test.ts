import { expect } from "chai";
import { apiBaseUrl, GithubUrlError } from "../../src/github/api-base-url.ts";
import { githubPathText, GithubPathError, parseGithubPath } from "../../src/github/path.ts";

describe("parseGithubPath()", () => {
  for (const [text, path] of [
    ["octo/hello.world_1", { kind: "repository", owner: "octo", repository: "hello.world_1" }],
    ["octo-org", { kind: "organisation", organisation: "octo-org" }],
    [" octo ", { kind: "organisation", organisation: "octo" }],
    ["jane_acme/x", { kind: "repository", owner: "jane_acme", repository: "x" }],
    ["enterprises/big-co", { kind: "enterprise", enterprise: "big-co" }],
    ["Link-/tools", { kind: "repository", owner: "Link-", repository: "tools" }],
    ["-DNA-/x", { kind: "repository", owner: "-DNA-", repository: "x" }],
    ["a--b/x", { kind: "repository", owner: "a--b", repository: "x" }],
    ["foo-", { kind: "organisation", organisation: "foo-" }],
    ["a/.github", { kind: "repository", owner: "a", repository: ".github" }],
    ["a".repeat(39), { kind: "organisation", organisation: "a".repeat(39) }],
  ] as const) {
    it(`reads ${JSON.stringify(text)}`, () => {
      expect(parseGithubPath(text)).to.deep.equal(path);
      expect(githubPathText(parseGithubPath(text))).to.equal(text.trim());
    });
  }

  for (const text of [
    "",
    "  ",
    "/octo",
    "octo/",
    "octo/hello/",
    "https://github.com/octo/hello",
    "-",
    "--/x",
    "oc to",
    "oc.to",
    "a".repeat(40),
    "octo/..",
    "octo/.",
    "octo/hello.git",
    "octo/hel lo",
    "octo/hello?x",
    `octo/${"a".repeat(101)}`,
    "enterprises/",
    "enterprises/big co",
    "enterprises/../orgs",
  ]) {
    it(`refuses ${JSON.stringify(text)} and names the accepted forms`, () => {
      expect(() => parseGithubPath(text))
        .to.throw(
          GithubPathError,
          "accepted are 'owner/repository', 'organisation' and 'enterprises/enterprise-slug'",
        )
        .with.property("code", "github-path");
    });
  }
});

describe("apiBaseUrl()", () => {
  for (const [site, api] of [
    ["https://github.com", "https://api.github.com"],
    ["https://github.com/", "https://api.github.com"],
    ["https://www.github.com", "https://api.github.com"],
    ["https://GitHub.com", "https://api.github.com"],
    ["https://octo.ghe.com", "https://api.octo.ghe.com"],
    ["https://github.example.org", "https://github.example.org/api/v3"],
    ["https://example.org/git/", "https://example.org/git/api/v3"],
    ["https://github.com.example.org", "https://github.com.example.org/api/v3"],
    ["https://notghe.com", "https://notghe.com/api/v3"],
    ["http://127.0.0.1:8080", "http://127.0.0.1:8080/api/v3"],
  ] as const) {
    it(`is ${api} for ${site}`, () => {
      expect(apiBaseUrl(site)).to.equal(api);
    });
  }

  for (const url of [
    "",
    "github.com",
    "ftp://github.com",
    "https://me:secret@github.com",
    "https://x.org/?token=secret",
  ]) {
    it(`refuses ${JSON.stringify(url)} without repeating it`, () => {
      expect(() => apiBaseUrl(url))
        .to.throw(GithubUrlError)
        .with.property("message")
        .that.does.not.contain("secret");
    });
  }
});
